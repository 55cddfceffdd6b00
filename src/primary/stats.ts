import type { PrimaryMessage, WorkerStats } from '../ipc/messages.js';
import type { Ports } from './ports.js';

/** Asks workers how they are, on request only: nothing is pushed, and an idle primary stays asleep. */
export interface StatsDesk {
  /** What those workers answer within `deadline` milliseconds; a blocked one is missing. */
  ask(ids: readonly number[], deadline: number): Promise<ReadonlyMap<number, WorkerStats>>;
  /** An answer has come. */
  take(id: number, request: number, stats: WorkerStats): void;
}

export function createStatsDesk(ports: Ports, send: (id: number, message: PrimaryMessage) => void): StatsDesk {
  const open = new Map<number, (id: number, stats: WorkerStats) => void>();
  let last = 0;
  return {
    ask: (ids, deadline) => {
      if (ids.length === 0) return Promise.resolve(new Map());
      last += 1;
      const request = last;
      const answers = new Map<number, WorkerStats>();
      return new Promise((resolve) => {
        const done = () => {
          cancel();
          open.delete(request);
          resolve(answers);
        };
        const cancel = ports.timer(deadline, done);
        open.set(request, (id, stats) => {
          answers.set(id, stats);
          if (answers.size === ids.length) done();
        });
        for (const id of ids) send(id, { type: 'stats', request });
      });
    },
    take: (id, request, stats) => open.get(request)?.(id, stats),
  };
}
