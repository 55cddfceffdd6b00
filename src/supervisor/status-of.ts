import type { Config } from '../config/types.js';
import { BUILD } from '../contract/build-id.js';
import { shownProgram } from '../contract/program-words.js';
import type { Status, WorkerStatus } from '../contract/status.js';
import { members } from '../core/roster.js';
import type { State } from '../core/types.js';
import type { ProcessTable } from './process-table.js';

export function statusOf(
  state: State,
  config: Config,
  processes: Pick<ProcessTable, 'pid' | 'startedAt' | 'stall' | 'software'>,
  now: number,
): Status {
  const workers = members(state).map((one): WorkerStatus => {
    const history = state.slots[one.slot];
    const startedAt = processes.startedAt(one.id);
    return {
      id: one.id,
      slot: one.slot,
      generation: one.generation,
      pid: processes.pid(one.id),
      phase: one.phase,
      forMs: now - one.since,
      uptimeMs: startedAt === undefined ? undefined : now - startedAt,
      restarts: history?.total ?? 0,
      lastReason: history?.lastReason,
      software: processes.software(one.id),
      stall: processes.stall(one.id),
    };
  });
  return {
    name: config.name,
    pid: process.pid,
    script: shownProgram(config).script,
    build: BUILD,
    node: process.version,
    phase: state.phase,
    generation: state.generation,
    target: state.target,
    workers: workers.toSorted((a, b) => a.slot - b.slot || a.generation - b.generation),
  };
}
