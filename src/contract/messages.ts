import type { ConnectionReport } from './connection-report.js';
import type { StopReason } from './exit-reasons.js';
import type { InstrumentationState } from './instrumentation-state.js';
import type { SpanAccount } from './item-account.js';
import type { LifecycleSpan } from './lifecycle-span.js';
import type { SpanWatchOrder, SpanWatchReport } from './watched-span.js';
import type { KnownWorkers } from './worker-exit.js';

/** Marks our messages among the app's own on the same channel. */
const TAG = 'kf-cluster';
/**
 * Node emits what has a `cmd` that begins with `NODE_` as `internalMessage`, on both sides and with a handle too: the app's
 * own `message` listeners never see it, and it comes where there are none.
 */
const COMMAND = 'NODE_KF_CLUSTER';

/** Which limit a worker has reached. */
export type RecycleCause = 'max-requests' | 'max-lifetime' | 'max-memory';

/** A worker at one moment. */
export interface WorkerStats {
  /** HTTP/1 requests begun so far, and those of them that are not answered yet. */
  readonly requests: number;
  readonly inFlight: number;
  readonly connections: number;
  /** 99th percentile of the event loop's delay since it was asked for last, a minute at least, in milliseconds. */
  readonly loopDelayP99: number;
  /** Share of one CPU over the same time, 0..1 and more. */
  readonly cpu: number;
  /** Since the start of the process, in seconds. */
  readonly cpuSeconds: number;
  /** Bytes. */
  readonly rss: number;
  /** Absent when no provider keeps an account. */
  readonly spans?: SpanAccount;
  /** Absent where nothing is instrumented. */
  readonly instrumentations?: readonly InstrumentationState[];
}

/** A worker's exit report: what it served and what became of its spans. */
export interface Flushed {
  readonly type: 'flushed';
  /** What its spans have as service.instance.id; absent when no hook has asked for it. */
  readonly instanceId?: string;
  /** Absent when no provider keeps an account. */
  readonly spans?: SpanAccount;
  /** How long the flush took, in milliseconds. */
  readonly ms: number;
  /** The flush came to its deadline, and the collector had not taken all. */
  readonly gaveUp?: true;
  readonly requests: number;
  /** What became of its connections; absent when it has not drained. */
  readonly connections?: ConnectionReport;
}

/** An open HTTP/1.1 connection on its way to another worker: what its descriptor does not say. */
export interface MovedConnection {
  /** Where it was accepted. */
  readonly place: string;
  /** Requests that were answered on it. */
  readonly requests: number;
  /** Until its keep-alive timeout, in milliseconds; 0 for none. Absent on one that has not sent anything yet. */
  readonly idleLeft?: number;
}

/** By what a worker is ready. `portless`: it was asked, and holds no server. */
export type ReadySign = 'listening' | 'message' | 'started' | 'portless';

/** What is said once, by whichever worker notices it first. */
export interface Notice {
  readonly type: 'notice';
  readonly about: 'portless' | 'late-server';
  readonly text: string;
}

/** Worker to primary. */
export type WorkerMessage =
  /** The first message: from here on it receives messages. */
  | { readonly type: 'booting'; readonly build: string; readonly node: string }
  | { readonly type: 'ready'; readonly how: ReadySign }
  /** `--ready settled`: its app has run for a while, and nothing listens. May be answered with `ask-portless`. */
  | { readonly type: 'settled' }
  /** The answer to `ask-portless` of one that is not ready. */
  | { readonly type: 'holds-server' }
  | Notice
  | { readonly type: 'stopping'; readonly reason: StopReason }
  /** The main loop runs. `debugged`: a debugger may stop it from now on. */
  | { readonly type: 'alive'; readonly debugged: boolean }
  | { readonly type: 'recycle-me'; readonly cause: RecycleCause; readonly text: string }
  | { readonly type: 'stats'; readonly request: number; readonly answer: WorkerStats }
  /** What its hooks expose, in the Prometheus text format. */
  | { readonly type: 'metrics'; readonly request: number; readonly answer: string }
  /** At the beginning of a watch, at each change of a followed trace, and at the end. */
  | ({ readonly type: 'watched' } & SpanWatchReport)
  /** Every lifecycle span up to that number is on record. */
  | { readonly type: 'recorded'; readonly upTo: number }
  /** Where it listens for connections that can be moved, and how many are open there. */
  | { readonly type: 'room'; readonly places: Readonly<Record<string, number>> }
  /** Comes with the descriptor. It reads nothing from it until `moved` or `kept` is said of that move. */
  | { readonly type: 'move'; readonly move: number; readonly connection: MovedConnection }
  /** Moves up to that number were sent, and not every descriptor has arrived. */
  | { readonly type: 'moves-sent'; readonly upTo: number }
  | { readonly type: 'taken' | 'refused'; readonly passes: readonly number[] }
  | Flushed;

/** Primary to worker. */
export type PrimaryMessage =
  | {
      readonly type: 'stop';
      readonly reason: StopReason;
      readonly drainMs: number;
      readonly flushMs: number;
      /** Others take its open connections over. */
      readonly move: boolean;
    }
  /** To be answered with `room`. */
  | { readonly type: 'ask-room' }
  /** Comes with the descriptor; to be answered with `taken` or `refused`. */
  | { readonly type: 'take'; readonly pass: number; readonly connection: MovedConnection }
  /** All that were sent to this worker and are not answered: those that it has not seen are to be refused. */
  | { readonly type: 'passes-sent'; readonly passes: readonly number[] }
  /** The descriptors of these moves have arrived: this worker does not serve those connections until `kept` is said. */
  | { readonly type: 'held'; readonly moves: readonly number[] }
  /** Another worker has the connections of these moves; or nobody else takes them. */
  | { readonly type: 'moved' | 'kept'; readonly moves: readonly number[] }
  /** This worker is ready, or another one has ended and may have left undelivered spans. */
  | ({ readonly type: 'recover' } & KnownWorkers)
  /** To be put on record, and answered with `recorded`; a worker that is stopping leaves it to another one. */
  | { readonly type: 'lifecycle'; readonly upTo: number; readonly spans: readonly LifecycleSpan[] }
  /** To be answered with `alive`. */
  | { readonly type: 'ask-alive' }
  /** The files that it writes by itself were moved. */
  | { readonly type: 'reopen-files' }
  /** It has not listened for too long: to be answered with `ready` or `holds-server`. */
  | { readonly type: 'ask-portless' }
  /** To look at spans for a while: to be answered with `watched`, at once and when there is something to report. */
  | ({ readonly type: 'watch' } & SpanWatchOrder)
  /** To be answered with a message of the same type and number. */
  | { readonly type: 'stats' | 'metrics'; readonly request: number };

/** A message as it travels. */
interface Envelope<M> {
  readonly cmd: typeof COMMAND;
  readonly [TAG]: M;
}

export function wrap<M extends WorkerMessage | PrimaryMessage>(message: M): Envelope<M> {
  return { cmd: COMMAND, [TAG]: message };
}

/** What is inside, or undefined for a message of the app's own. */
export function unwrap<M>(raw: unknown): M | undefined {
  if (typeof raw !== 'object' || raw === null || !('cmd' in raw) || raw.cmd !== COMMAND) return undefined;
  return (raw as Envelope<M>)[TAG];
}
