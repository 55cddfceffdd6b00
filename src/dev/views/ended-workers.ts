import type { WorkerRef } from '../page-api.js';

const MOST = 500;

/** Which workers have ended with an account of their spans, and which without; the latest of them. */
interface EndedWorkers {
  accounted(pid: number): void;
  /** Without an account, if none has come. */
  exited(worker: WorkerRef): void;
  isUnaccounted(pid: number | undefined): boolean;
  unaccounted(): WorkerRef[];
}

export function createEndedWorkers(): EndedWorkers {
  const ended = new Map<number, WorkerRef | 'accounted'>();
  const set = (pid: number, how: WorkerRef | 'accounted') => {
    ended.set(pid, how);
    if (ended.size > MOST) for (const oldest of ended.keys()) return void ended.delete(oldest);
  };
  return {
    accounted: (pid) => set(pid, 'accounted'),
    exited: (worker) => {
      if (worker.pid !== undefined && !ended.has(worker.pid)) set(worker.pid, worker);
    },
    isUnaccounted: (pid) => {
      const how = pid === undefined ? undefined : ended.get(pid);
      return how !== undefined && how !== 'accounted';
    },
    unaccounted: () => [...ended.values()].filter((one) => one !== 'accounted'),
  };
}
