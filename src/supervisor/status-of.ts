import type { Config } from '../config/types.js';
import { BUILD } from '../contract/build-id.js';
import { shownProgram } from '../contract/program-words.js';
import type { Status, WorkerStatus } from '../contract/status.js';
import { members } from '../core/roster.js';
import type { Member, SlotHistory, State } from '../core/types.js';
import type { ProcessTable } from './process-table.js';

type Processes = Pick<ProcessTable, 'pid' | 'startedAt' | 'stall' | 'software'>;

export function statusOf(state: State, config: Config, processes: Processes, now: number): Status {
  const workers = members(state).map((one) => workerStatus(one, state.slots[one.slot], processes, now));
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

/** @param history of its slot */
function workerStatus(one: Member, history: SlotHistory | undefined, processes: Processes, now: number): WorkerStatus {
  const { id, slot, generation, phase, since } = one;
  const startedAt = processes.startedAt(id);
  return {
    ...{ id, slot, generation },
    pid: processes.pid(id),
    phase,
    forMs: now - since,
    uptimeMs: startedAt === undefined ? undefined : now - startedAt,
    restarts: history?.total ?? 0,
    lastReason: history?.lastReason,
    software: processes.software(id),
    stall: processes.stall(id),
  };
}
