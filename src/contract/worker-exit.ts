import type { ExitReason } from './exit-reasons.js';
import type { Stall } from './stall.js';

/** The argument of onWorkerExit. */
export interface WorkerExit {
  readonly slot: number;
  readonly pid: number;
  readonly generation: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
}

/** A worker that ended unplanned, as its successor sees it. */
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
