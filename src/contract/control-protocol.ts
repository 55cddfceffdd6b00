import type { ConnectionReport } from './connection-report.js';
import type { ErrorCode } from './errors.js';
import type { WorkerStats } from './messages.js';
import type { OutputState } from './output-state.js';
import type { Status, WorkerStatus } from './status.js';
import type { SpanWatchReport } from './watched-span.js';

/**
 * The number of the form that everything under `/v1` keeps; a change that breaks a client gets a new one, which GET /v1 of a
 * later supervisor still answers with its own.
 */
export const API = 1;

/** Every call: what answers it stands in control/routes.ts. */
export const CONTROL_ROUTES = [
  ...(['GET /v1', 'GET /v1/status', 'GET /v1/config', 'GET /v1/logs', 'GET /v1/doctor', 'GET /v1/follow'] as const),
  ...(['POST /v1/logs/reopen', 'POST /v1/reload', 'POST /v1/restart', 'POST /v1/scale', 'POST /v1/signal'] as const),
  'POST /v1/stop',
] as const;
export type ControlRoute = (typeof CONTROL_ROUTES)[number];
type RoutePath<R> = R extends `${string} ${infer Path}` ? Path : never;
/** What a client asks for: no other path compiles. */
export type ControlPath = RoutePath<ControlRoute> | `${RoutePath<ControlRoute>}?${string}`;

/** GET /v1: who answers here. */
export interface Identity {
  /** `API` of the supervisor's build. */
  readonly api: number;
  readonly name: string;
  readonly pid: number;
  readonly script: string;
}

/** GET /v1/status */
export interface FullStatus extends Omit<Status, 'workers'> {
  /** Since the supervisor started, milliseconds. */
  readonly uptimeMs: number;
  /** The phase is `leaving`: a stop was asked for, and workers serve on for --drain-delay. */
  readonly leaving: boolean;
  readonly output: OutputState;
  /** Of the workers that have left. */
  readonly connections: ConnectionReport;
  readonly workers: readonly FullWorkerStatus[];
}

export interface FullWorkerStatus extends WorkerStatus {
  /** Absent when it did not answer within half a second, or has nothing to answer with. */
  readonly stats?: WorkerStats;
}

/** GET /v1/doctor: the status, and what workers have seen of their spans meanwhile. */
export interface DoctorAnswer {
  readonly status: FullStatus;
  readonly watched: readonly WatchedWorker[];
}

/** What one worker has seen of its spans. */
export interface WatchedWorker extends Omit<SpanWatchReport, 'watch'> {
  readonly slot: number;
  readonly pid: number;
}

/** One line of GET /v1/follow. `begun` comes when every worker looks, with the slots of those that do not answer. */
export type FollowLine =
  | { readonly type: 'begun'; readonly silent: readonly number[] }
  | ({ readonly type: 'seen' } & WatchedWorker);

/** One line of POST /v1/reload and POST /v1/restart; the last one is `done` or `failed`. */
export type ProgressLine =
  | { readonly type: 'started'; readonly generation: number; readonly slots: readonly number[] }
  | { readonly type: 'step'; readonly slot: number; readonly step: 'forking' }
  | { readonly type: 'step'; readonly slot: number; readonly step: 'ready' | 'drained'; readonly ms: number }
  | { readonly type: 'step'; readonly slot: number; readonly step: 'flushed'; readonly spans: number }
  | { readonly type: 'step'; readonly slot: number; readonly step: 'lost'; readonly reason: string }
  | { readonly type: 'done'; readonly generation: number; readonly ms: number }
  | { readonly type: 'failed'; readonly error: ErrorBody; readonly lastWords: string };

/** The body of every answer that is no success, under the key `error`. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** One line of GET /v1/logs: of output, or of our own log. */
export interface LogLine {
  /** Serial number; gaps say that older lines were dropped. Undefined where another process reads stdout of the workers. */
  readonly seq: number | undefined;
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** Undefined for the primary, and for workers that share their stdout. */
  readonly slot: number | undefined;
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly text: string;
}

/** One line of POST /v1/reload?dry-run=true, under the key `changes`; secrets are redacted. */
export interface Change {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  /** False for what the primary itself was started with. */
  readonly applies: boolean;
}

/** POST /v1/scale: one of the two. */
export interface ScaleBody {
  readonly workers?: number;
  readonly by?: number;
}

/** POST /v1/signal */
export interface SignalBody {
  readonly signal: string;
  readonly slot?: number;
}
