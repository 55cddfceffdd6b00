import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Event } from '../core/types.js';
import type { LostPipe, Ports } from './ports.js';

/** The pipes of a process that ends close first: its exit follows within this time, in milliseconds. */
const EXIT_FOLLOWS = 250;
/** How often the replacement is asked for: a reload may be under way, or the successor may have failed. In milliseconds. */
const ASK_AGAIN = 5_000;

interface LostPipesParts {
  readonly ports: Pick<Ports, 'timer'>;
  readonly log: Log;
  /** The slot of a worker that serves; undefined of any other. */
  serving(id: number): number | undefined;
  enqueue(event: Event): void;
}

/** Workers that live, and that nothing can be said to or heard of any more: they serve on, and are replaced one at a time. */
interface LostPipes {
  lost(id: number, pipe: LostPipe): void;
  /** It has ended. */
  forget(id: number): void;
}

const WHAT: Readonly<Record<LostPipe, string>> = {
  channel: 'the channel to',
  output: 'the output of',
};

export function createLostPipes({ ports, log, serving, enqueue }: LostPipesParts): LostPipes {
  const waiting = new Map<number, () => void>();
  const ask = (id: number) => {
    if (serving(id) !== undefined) enqueue({ type: 'recycle', id, reason: 'recycle' });
    later(id, ASK_AGAIN, () => ask(id));
  };
  const later = (id: number, ms: number, then: () => void) => void waiting.set(id, ports.timer(ms, then));
  return {
    lost: (id, pipe) => {
      if (waiting.has(id)) return;
      later(id, EXIT_FOLLOWS, () => {
        const slot = serving(id);
        if (slot !== undefined)
          eventLog(log, 'pipe-broken', { slot, pipe }).warn(
            `${WHAT[pipe]} worker ${slot} is broken: it serves on until another one has its place`,
          );
        ask(id);
      });
    },
    forget: (id) => {
      waiting.get(id)?.();
      waiting.delete(id);
    },
  };
}
