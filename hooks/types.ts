import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { ExitReason, StopReason } from '../src/contract/exit-reasons.js';
import type { InstrumentationState, ModuleState } from '../src/contract/instrumentation-state.js';
import type { DropCause, ItemAccount, SpanAccount } from '../src/contract/item-account.js';
import type { LifecycleSpan } from '../src/contract/lifecycle-span.js';
import type { Log } from '../src/contract/log.js';
import type {
  SpanLook,
  SpanSource,
  SpanWatchOrder,
  SpanWatchReport,
  WatchedSpan,
} from '../src/contract/watched-span.js';
import type { KnownWorkers, Predecessor, WorkerExit } from '../src/contract/worker-exit.js';

export type {
  DropCause,
  ExitReason,
  InstrumentationState,
  ItemAccount,
  KnownWorkers,
  LifecycleSpan,
  ModuleState,
  Predecessor,
  SpanAccount,
  SpanLook,
  SpanSource,
  SpanWatchOrder,
  SpanWatchReport,
  StopReason,
  WatchedSpan,
  WorkerExit,
};

/** Any provider a worker can own: an SDK 1.x, 2.x or 3.x one, or a vendor's. */
export interface WorkerProvider {
  getTracer: TracerProvider['getTracer'];
  forceFlush?(): Promise<void>;
  shutdown?(): Promise<void>;
}

/** The providers of metrics and logs that go with it. */
export interface OtherProviders {
  readonly meterProvider?: MeterProvider | undefined;
  /** One of `@opentelemetry/api-logs`. */
  readonly loggerProvider?: { getLogger(name: string, version?: string): unknown } | undefined;
}

/** The worker as its hooks see it. */
export interface Worker {
  /** Stable place, 0..n-1. */
  readonly slot: number;
  /** +1 for each reload, from 1. */
  readonly generation: number;
  readonly pid: number;
  /** Unique for each worker process: the value of service.instance.id. */
  readonly instanceId: string;
  /** Name of the supervisor (`--name`). */
  readonly name: string;
  /** Absolute path of the app's script. */
  readonly script: string;
  /** The worker before this one in its slot, when it ended unplanned: crashed, killed, hung. */
  readonly predecessor: Predecessor | undefined;
  /** Set once the worker is stopping. */
  readonly reason: StopReason | undefined;
  readonly log: Log;
  /**
   * Hands over the provider this worker uses. After the last postFork hook the last registered provider becomes the
   * global one in every copy of `@opentelemetry/api` that the app can see, and is proven with a span.
   * Registering does not flush: do that in `preShutdown`. `others` become global too; those that are absent stay.
   */
  register(provider: WorkerProvider, others?: OtherProviders): void;
  /**
   * Reports what became of this worker's spans, for the log and `status`; the last account given stands. A function is
   * asked for the account whenever somebody wants to see it. `gaveUp`: a flush came to its deadline with spans that
   * the collector had not taken; in a stop nobody tries it again then, they wait for the next start.
   */
  report(spans: SpanAccount | (() => SpanAccount), flush?: { readonly gaveUp: boolean }): void;
  /**
   * Adds metrics in the Prometheus text format to `/metrics` of `--admin-port`, where each sample gets this worker's slot
   * and generation as labels. `source` is asked at each scrape, for half a second at most.
   */
  exposeMetrics(source: () => string | Promise<string>): void;
  /** Exposes what instruments this worker, for `status` and `doctor`; `source` is asked whenever somebody wants to see it. */
  exposeInstrumentations(source: () => readonly InstrumentationState[]): void;
  /** Lets `doctor --live` and `smoke --url` look at this worker's spans; `source` is called only while somebody does. */
  exposeSpans(source: SpanSource): void;
}

/** The second argument of onDraining and preShutdown hooks. */
export interface ShutdownContext {
  readonly reason: StopReason;
  /** Absolute, on the clock of `performance.now()`, in milliseconds: the hook is not waited for after it. */
  readonly deadline: number;
}

/** Hooks that run in the primary. They must not load the app or an SDK. */
export interface PrimaryHooks {
  /** Before the first fork. */
  onStarting?(cluster: { name: string; workers: number }): void | Promise<void>;
  /** Before each fork; what it returns is added to that worker's environment. */
  preFork?(worker: { slot: number; generation: number }): PreForkResult | Promise<PreForkResult>;
  /** Once, when all workers of the first generation are ready. */
  onReady?(cluster: { name: string; workers: number }): void | Promise<void>;
  onWorkerExit?(exit: WorkerExit): void | Promise<void>;
  onScale?(change: { from: number; to: number }): void | Promise<void>;
  onReload?(change: { generation: number; outcome: 'started' | 'done' | 'failed' }): void | Promise<void>;
  /** After the last worker is reaped, before the primary exits. */
  onExit?(result: { code: number }): void | Promise<void>;
}

type PreForkResult = Record<string, string> | undefined | void;

/** Hooks that run in each worker. */
export interface WorkerHooks {
  /** Awaited before the app's first line, in order of registration. Throwing is a failed boot. */
  postFork?(worker: Worker): void | Promise<void>;
  /** When this worker is ready to serve. */
  onWorkerReady?(worker: Worker): void | Promise<void>;
  /**
   * When this worker stops accepting, before its drain has ended: the place to say goodbye on connections that do not
   * end by themselves (WebSockets, event streams) and to stop taking jobs. The drain waits for it, until `deadline`;
   * connections still open then are ended. Throwing is logged.
   */
  onDraining?(worker: Worker, context: ShutdownContext): void | Promise<void>;
  /**
   * Another worker ended and may have left something undelivered; one ready worker is called. Also called in each worker
   * itself after onWorkerReady, for what earlier runs have left.
   */
  onRecover?(worker: Worker, workers: KnownWorkers): void | Promise<void>;
  /**
   * What happened to the supervisor itself, sent to one worker. When all these hooks have settled it counts as on
   * record; when a worker ends before, another one is called. Throwing is logged.
   */
  onLifecycle?(worker: Worker, spans: readonly LifecycleSpan[]): void | Promise<void>;
  /** After the drain, last registered first, bounded by the deadline. Throwing is logged; the others still run. */
  preShutdown?(worker: Worker, context: ShutdownContext): void | Promise<void>;
}

/** Everything a config or hooks file may export. */
export interface Hooks extends PrimaryHooks, WorkerHooks {}

/** Every hook name, and the process it runs in. The source for validation, docs and the typo check. */
export const HOOK_SIDES = {
  onStarting: 'primary',
  preFork: 'primary',
  onReady: 'primary',
  onWorkerExit: 'primary',
  onScale: 'primary',
  onReload: 'primary',
  onExit: 'primary',
  postFork: 'worker',
  onWorkerReady: 'worker',
  onDraining: 'worker',
  onRecover: 'worker',
  onLifecycle: 'worker',
  preShutdown: 'worker',
} as const satisfies Record<keyof Hooks, 'primary' | 'worker'>;

export type HookName = keyof typeof HOOK_SIDES;
