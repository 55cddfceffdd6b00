import type { PrimaryMessage, WorkerMessage, WorkerStats } from '../contract/messages.js';
import type { Ports } from './ports.js';

/** What workers can be asked for. */
export interface Answers {
  stats: WorkerStats;
  /** The Prometheus text of its hooks. */
  metrics: string;
}

/** A message that answers a question. */
type StatsAnswer = Extract<WorkerMessage, { type: keyof Answers }>;

/** Asks workers how they are, on request only: nothing is pushed, and an idle primary stays asleep. */
export interface RequestBroker {
  /** What those workers answer within `deadline` milliseconds; a blocked one is missing. */
  ask<K extends keyof Answers>(
    what: K,
    ids: readonly number[],
    deadline: number,
  ): Promise<ReadonlyMap<number, Answers[K]>>;
  /** An answer has come; one to a question of another kind is dropped. */
  take(id: number, answer: StatsAnswer): void;
}

export function createRequestBroker(ports: Ports, send: (id: number, message: PrimaryMessage) => void): RequestBroker {
  const open = new Map<number, (id: number, answer: StatsAnswer) => void>();
  let last = 0;
  return {
    ask: <K extends keyof Answers>(what: K, ids: readonly number[], deadline: number) => {
      const answers = new Map<number, Answers[K]>();
      if (ids.length === 0) return Promise.resolve(answers);
      last += 1;
      const request = last;
      return new Promise<ReadonlyMap<number, Answers[K]>>((resolve) => {
        const done = () => {
          cancel();
          open.delete(request);
          resolve(answers);
        };
        const cancel = ports.timer(deadline, done);
        open.set(request, (id, { type, answer }) => {
          if (type !== what) return;
          answers.set(id, answer as Answers[K]);
          if (answers.size === ids.length) done();
        });
        for (const id of ids) send(id, { type: what, request });
      });
    },
    take: (id, answer) => open.get(answer.request)?.(id, answer),
  };
}
