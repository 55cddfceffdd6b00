import type { ExitReason } from './exit-reasons.js';
import type { ClusterPhase, Phase } from './phases.js';
import type { Stall } from './stall.js';

/** A supervisor at one moment. */
export interface Status {
  readonly name: string;
  readonly pid: number;
  readonly script: string;
  /** The build of kf-cluster, as `version+hash`, and the Node that the supervisor runs on. */
  readonly build: string;
  readonly node: string;
  readonly phase: ClusterPhase;
  readonly generation: number;
  readonly target: number;
  readonly workers: readonly WorkerStatus[];
}

export interface WorkerStatus {
  /** Serial number of its fork. */
  readonly id: number;
  readonly slot: number;
  readonly generation: number;
  /** Undefined while no process is there: in backoff, or failed. */
  readonly pid: number | undefined;
  readonly phase: Phase;
  /** In this phase since, milliseconds. */
  readonly forMs: number;
  /** Since its fork, milliseconds; undefined while no process is there. */
  readonly uptimeMs: number | undefined;
  readonly restarts: number;
  readonly lastReason: ExitReason | undefined;
  /** What it runs; undefined while it has not said so. */
  readonly software: Software | undefined;
  /** What blocks its event loop now. */
  readonly stall: Stall | undefined;
}

/** What a worker runs. */
export interface Software {
  /** The build of kf-cluster, as `version+hash`. */
  readonly build: string;
  readonly node: string;
  /** The app, in the release of its generation. */
  readonly script: string;
  /** What runs it, with its arguments, where that is not Node and not the script by itself. */
  readonly interpreter?: string | undefined;
}
