import type { LifecycleSpan } from '../contract/lifecycle-span.js';
import type { KnownWorkers, Predecessor } from '../contract/worker-exit.js';
import type { FieldSentTo } from './options.js';
import type { Config } from './types.js';

/** The variable that carries WorkerBoot into a worker. The worker deletes it before any code of the app can see it. */
export const BOOT_ENV = 'KF_CLUSTER_BOOT';

/**
 * Everything a worker must know before its first hook; JSON in the environment, so nothing secret belongs here. The options
 * among it have `worker` in their row of the table.
 */
export interface WorkerBoot
  extends Pick<Config, FieldSentTo<'worker'>>,
    Pick<Config, 'script' | 'projectDirs' | 'hookFiles' | 'color'> {
  /** Of the primary. A worker of another build would take its orders for something else: it refuses. */
  readonly build: string;
  readonly slot: number;
  readonly generation: number;
  readonly reusePort: boolean;
  /** Its turn has not come: it waits, with nothing of the hooks or the app run. */
  readonly held?: true;
  /** The workers share a connection table, and who is ahead holds back. */
  readonly evenly: boolean;
  readonly primaryPid: number;
  /** The worker before this one in its slot, when it ended unplanned. */
  readonly predecessor: Predecessor | undefined;
  readonly limits: WorkerLimits;
}

/** When a worker asks to be recycled. Its share of jitter is taken off already; undefined is no limit. */
export interface WorkerLimits {
  readonly requests: number | undefined;
  readonly lifetimeMs: number | undefined;
  /** Resident bytes. */
  readonly memory: number | undefined;
}

/** What the process that sends what the last workers left must know; JSON, on its stdin. */
export interface FlushBoot
  extends Pick<Config, FieldSentTo<'flush-process'>>,
    Pick<Config, 'script' | 'projectDirs' | 'color'> {
  /** How long it may take, in milliseconds; 0: it sends nothing, and only puts `lifecycle` into the spool. */
  readonly ms: number;
  readonly workers: KnownWorkers;
  /** What no worker has put on record. */
  readonly lifecycle: readonly LifecycleSpan[];
}
