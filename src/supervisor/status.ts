import type { ExitReason } from '../../hooks/types.js';
import type { Config } from '../config/types.js';
import { BUILD } from '../contract/build-id.js';
import type { Stall } from '../contract/stall.js';
import { members } from '../core/roster.js';
import type { ClusterPhase, Phase, State } from '../core/types.js';
import type { Crew, Software } from './process-table.js';

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

export function statusOf(
  state: State,
  config: Config,
  crew: Pick<Crew, 'pid' | 'startedAt' | 'stall' | 'software'>,
  now: number,
): Status {
  const workers = members(state).map((one): WorkerStatus => {
    const history = state.slots[one.slot];
    const startedAt = crew.startedAt(one.id);
    return {
      id: one.id,
      slot: one.slot,
      generation: one.generation,
      pid: crew.pid(one.id),
      phase: one.phase,
      forMs: now - one.since,
      uptimeMs: startedAt === undefined ? undefined : now - startedAt,
      restarts: history?.total ?? 0,
      lastReason: history?.lastReason,
      software: crew.software(one.id),
      stall: crew.stall(one.id),
    };
  });
  return {
    name: config.name,
    pid: process.pid,
    script: config.script,
    build: BUILD,
    node: process.version,
    phase: state.phase,
    generation: state.generation,
    target: state.target,
    workers: workers.toSorted((a, b) => a.slot - b.slot || a.generation - b.generation),
  };
}
