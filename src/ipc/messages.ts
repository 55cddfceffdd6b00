import type { Predecessor, SpanAccount, StopReason } from '../../hooks/types.js';
import type { LogFormat, LogLevel } from '../log.js';

/** The variable that carries WorkerBoot into a worker. The worker deletes it before any code of the app can see it. */
export const BOOT_ENV = 'KF_CLUSTER_BOOT';

export type { SpanAccount };

/** Marks our messages among the app's own on the same channel. */
const TAG = 'kf-cluster';

/** Everything a worker must know before its first hook; JSON in the environment, so nothing secret belongs here. */
export interface WorkerBoot {
  readonly name: string;
  readonly slot: number;
  readonly generation: number;
  readonly script: string;
  readonly hookFiles: readonly string[];
  readonly ready: 'listening' | 'message';
  readonly drainTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  readonly color: boolean;
  readonly telemetry: boolean;
  readonly autoInstrumentation: boolean;
  readonly headersFile: string | undefined;
  readonly delivery: 'memory' | 'spool' | 'journal';
  readonly journalPer: 'batch' | 'span';
  readonly spoolDir: string;
  readonly spoolMaxBytes: number;
  readonly spoolMaxAgeMs: number;
  readonly reusePort: boolean;
  /** In milliseconds; 0: hangs are not watched for. */
  readonly hangTimeoutMs: number;
  readonly hangStack: boolean;
  readonly primaryPid: number;
  /** The worker before this one in its slot, when it ended unplanned. */
  readonly predecessor: Predecessor | undefined;
}

/** Carries CourierBoot into the process that sends what the last workers left. */
export const COURIER_ENV = 'KF_CLUSTER_COURIER';

export interface CourierBoot
  extends Pick<
    WorkerBoot,
    | 'name'
    | 'headersFile'
    | 'delivery'
    | 'journalPer'
    | 'spoolDir'
    | 'spoolMaxBytes'
    | 'spoolMaxAgeMs'
    | 'logFormat'
    | 'logLevel'
    | 'color'
  > {
  /** How long it may take, in milliseconds. */
  readonly ms: number;
}

/** A worker's last words: what it served and what became of its spans. */
export interface Flushed {
  readonly type: 'flushed';
  readonly instanceId: string;
  /** Absent when no provider keeps an account. */
  readonly spans?: SpanAccount;
  /** How long the flush took, in milliseconds. */
  readonly ms: number;
  readonly requests: number;
}

/** Worker to primary. */
export type WorkerMessage =
  | { readonly type: 'booting' }
  | { readonly type: 'ready'; readonly how: 'listening' | 'message' }
  | { readonly type: 'stopping'; readonly reason: StopReason }
  | Flushed;

/** Primary to worker. */
export type PrimaryMessage =
  | {
      readonly type: 'stop';
      readonly reason: StopReason;
      readonly drainMs: number;
      readonly flushMs: number;
    }
  /** Another worker has ended and may have left undelivered spans. */
  | { readonly type: 'adopt' };

/** A message as it travels. */
export interface Envelope<M> {
  readonly [TAG]: M;
}

export function wrap<M extends WorkerMessage | PrimaryMessage>(message: M): Envelope<M> {
  return { [TAG]: message };
}

/** The message inside, or undefined for one of the app's own. */
export function unwrap<M extends WorkerMessage | PrimaryMessage>(raw: unknown): M | undefined {
  if (typeof raw !== 'object' || raw === null || !(TAG in raw)) return undefined;
  return (raw as Envelope<M>)[TAG];
}
