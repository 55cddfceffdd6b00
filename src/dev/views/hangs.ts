import type { SupervisorView, WorkerRef } from '../page-api.js';
import type { SupervisorEvent } from '../supervisor-events.js';
import type { Now } from './now.js';

const MOST = 50;

type StallEvent = Extract<SupervisorEvent, { type: 'stall' }>;
type Waiting = (worker: WorkerRef, from: number, to: number) => readonly string[];

interface Hang {
  readonly at: number;
  /** Undefined: it is blocked yet. */
  until: number | undefined;
  readonly worker: WorkerRef;
  readonly stack: string;
}

/** Blocked event loops, for the page. */
interface Hangs {
  add(event: StallEvent): void;
  /** Its worker is gone. */
  ended(pid: number | undefined, at: number): void;
  read(waiting: Waiting, isUnaccounted: (pid: number | undefined) => boolean): SupervisorView['hangs'];
}

export function createHangs(now: Now): Hangs {
  const hangs: Hang[] = [];
  const open = (pid: number) => hangs.find((hang) => hang.worker.pid === pid && hang.until === undefined);
  const begin = ({ at, slot, generation, pid, stall: { ms, frames, why = '' } }: StallEvent) => {
    const worker = { slot, generation, pid };
    const since = at - ms;
    hangs.push({ at: since, until: undefined, worker, stack: frames.length > 0 ? frames.join('\n') : why });
    if (hangs.length > MOST) hangs.shift();
    const what = frames[0] ?? 'by what is not known';
    now.phase(worker, 'hung', since);
    now.mark({ at: since, kind: 'hang', text: `worker ${slot} is blocked: ${what}` });
  };
  const recover = ({ at, slot, generation, pid, stall }: StallEvent) => {
    const hang = open(pid);
    // It has run since its report was on its way: `ms` is how long it was blocked.
    const end = hang ? Math.min(at, hang.at + stall.ms) : at;
    if (hang) hang.until = end;
    now.phase({ slot, generation, pid }, 'ready', end);
    now.mark({ at: end, kind: 'recovered', text: `worker ${slot} runs again after ${(stall.ms / 1000).toFixed(1)} s` });
  };
  return {
    add: (event) => {
      switch (event.stall.type) {
        case 'stalled':
          return begin(event);
        case 'hung': {
          if (open(event.pid) === undefined) begin(event);
          return;
        }
        case 'recovered':
          return recover(event);
      }
    },
    ended: (pid, at) => {
      const hang = pid === undefined ? undefined : open(pid);
      if (hang) hang.until = at;
    },
    read: (waiting, isUnaccounted) =>
      hangs.map(({ until, ...hang }) => ({
        ...hang,
        ...(until !== undefined && { until }),
        killed: isUnaccounted(hang.worker.pid),
        waiting: waiting(hang.worker, hang.at, until ?? Date.now()),
      })),
  };
}
