import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { Log } from '../src/contract/log.js';
import type { Stall } from '../src/contract/stall.js';

/** Why a worker ends; the first reason wins. */
export type StopReason =
  | 'stop'
  | 'reload'
  | 'rollback'
  | 'recycle'
  | 'scale'
  | 'restart'
  | 'signal'
  | 'app-exit'
  | 'primary-gone';

/** Why an exited worker ended, as the primary tells it. */
export type ExitReason =
  | StopReason
  | 'crash'
  | 'fork-failed'
  | 'boot-failed'
  | 'boot-timeout'
  | 'drain-timeout'
  | 'hang'
  | 'killed'
  /** By the kernel, whose memory limit the cluster had reached. */
  | 'out-of-memory'
  | 'forced';

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

/** Why spans were lost; see docs/DELIVERY.md. */
export type DropCause = 'queue_full' | 'late' | 'disk_full' | 'expired' | 'non_retryable';

/** What became of a worker's items of one kind: `ended + adopted = exported + rejected + spooled + pending + dropped`. */
export interface ItemAccount {
  /** Ended and sampled. */
  readonly ended: number;
  /** Taken over from workers that are gone. */
  readonly adopted: number;
  /** Of those, the ones that had not ended with their worker, and were ended as errors (`--journal-starts`). */
  readonly interrupted?: number;
  /** Sent again because no answer came in time: the collector may have them more than once. Each time counts. */
  readonly resent?: number;
  /** Why the collector refuses everything, while it does: a key or an address is wrong. What waits is kept. */
  readonly held?: string;
  /** Acknowledged by the collector. */
  readonly exported: number;
  /** Refused by the collector within a request it accepted. */
  readonly rejected: number;
  /** On disk, not acknowledged: they are sent later. */
  readonly spooled: number;
  /** In memory only: queued or in flight. 0 in a last account. */
  readonly pending: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
}

/** What became of a worker's spans, and of its log records and metrics if it sends any. */
export interface SpanAccount extends ItemAccount {
  readonly logs?: ItemAccount;
  /** Each metric counts once for each time it is collected. */
  readonly metrics?: ItemAccount;
}

/** What an instrumentation has done with a module that it knows. */
export type ModuleState =
  | 'patched'
  /** The app has not loaded it: not used, or bundled into a file of the app. */
  | 'not-loaded'
  /** It was there before its instrumentation. */
  | 'loaded-before'
  /** The instrumentation does not know this version. */
  | 'version'
  /** It was loaded by import, where no hook for ES modules is registered. */
  | 'unseen';

/** One instrumentation of a worker. */
export interface InstrumentationState {
  /** As OTEL_NODE_DISABLED_INSTRUMENTATIONS calls it: `http`, `pg`. */
  readonly name: string;
  readonly package: string;
  /** `patched` if any of its modules is, or if it needs to patch none. */
  readonly state: ModuleState;
  /** Why it patched nothing. */
  readonly why?: string;
  readonly modules: readonly {
    readonly name: string;
    readonly state: ModuleState;
    readonly version?: string;
    readonly why?: string;
  }[];
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
   * Tells what became of this worker's spans, for the log and `status`; the last account given stands. A function is
   * asked for the account whenever somebody wants to see it. `gaveUp`: a flush came to its deadline with spans that
   * the collector had not taken; in a stop nobody tries it again then, they wait for the next start.
   */
  report(spans: SpanAccount | (() => SpanAccount), flush?: { readonly gaveUp: boolean }): void;
  /**
   * Adds metrics in the Prometheus text format to `/metrics` of `--admin-port`, where each sample gets this worker's slot
   * and generation as labels. `source` is asked at each scrape, for half a second at most.
   */
  exposeMetrics(source: () => string | Promise<string>): void;
  /** Tells what instruments this worker, for `status` and `doctor`; `source` is asked whenever somebody wants to see it. */
  exposeInstrumentations(source: () => readonly InstrumentationState[]): void;
}

/** A worker that ended unplanned, as its successor is told. */
export interface Predecessor extends WorkerExit {
  /** When it ended, milliseconds since 1970. */
  readonly at: number;
  /** The stack that blocked it, when it hung. */
  readonly stall: Stall | undefined;
}

/** What the primary knows of the workers it had, for those who take over what they left. */
export interface KnownWorkers {
  /** How the last ones ended. */
  readonly ends: readonly (WorkerExit & { readonly at: number })[];
  /** The pids of those whose end it has not heard of. */
  readonly running: readonly number[];
}

/**
 * A span of the supervisor's own life: a reload, a crash loop, a worker that ended unplanned. See docs/TELEMETRY.md for
 * names and attributes. Times in milliseconds since 1970.
 */
export interface LifecycleSpan {
  /** 32 hexadecimal digits. Ids are given by the primary: a span that is told twice is one span. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events: readonly {
    readonly name: string;
    readonly at: number;
    readonly attributes?: Readonly<Record<string, string>>;
  }[];
  /** Why it is an error, if it is one. */
  readonly error?: string;
  readonly children: readonly LifecycleSpan[];
}

/** What onDraining and preShutdown hooks are told. */
export interface ShutdownContext {
  readonly reason: StopReason;
  /** Absolute, on the clock of `performance.now()`, in milliseconds: the hook is not waited for after it. */
  readonly deadline: number;
}

/** What onWorkerExit is told. */
export interface WorkerExit {
  readonly slot: number;
  readonly pid: number;
  readonly generation: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
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

export type PreForkResult = Record<string, string> | undefined | void;

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
   * Another worker ended and may have left something undelivered; one ready worker is told. Also called in each worker
   * itself after onWorkerReady, for what earlier runs have left.
   */
  onAdopt?(worker: Worker, workers: KnownWorkers): void | Promise<void>;
  /**
   * What happened to the supervisor itself, told to one worker. When all these hooks have settled it counts as on
   * record; a worker that ends before is not the only one told. Throwing is logged.
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
  onAdopt: 'worker',
  onLifecycle: 'worker',
  preShutdown: 'worker',
} as const satisfies Record<keyof Hooks, 'primary' | 'worker'>;

export type HookName = keyof typeof HOOK_SIDES;
