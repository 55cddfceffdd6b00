import type { Log } from '../contract/log.js';
import type { Event } from '../core/types.js';
import type { Ports } from './ports.js';

/** The channel of a process that ends closes first: its exit follows within this time, in milliseconds. */
const EXIT_FOLLOWS = 250;
/** How often the replacement is asked for: a reload may be under way, or the successor may have failed. In milliseconds. */
const ASK_AGAIN = 5_000;

export interface LostChannelsParts {
  readonly ports: Pick<Ports, 'timer'>;
  readonly log: Log;
  /** The slot of a worker that serves; undefined of any other, which ends by itself. */
  serving(id: number): number | undefined;
  enqueue(event: Event): void;
}

/** Workers that live, and that nothing can be said to: they serve on, and are replaced one at a time. */
export interface LostChannels {
  lost(id: number): void;
  /** It has ended. */
  forget(id: number): void;
}

export function createLostChannels({ ports, log, serving, enqueue }: LostChannelsParts): LostChannels {
  const waiting = new Map<number, () => void>();
  const ask = (id: number) => {
    if (serving(id) === undefined) return waiting.delete(id);
    enqueue({ type: 'recycle', id, reason: 'recycle' });
    return waiting.set(
      id,
      ports.timer(ASK_AGAIN, () => ask(id)),
    );
  };
  const first = (id: number) => {
    const slot = serving(id);
    if (slot !== undefined)
      log.warn(`the channel to worker ${slot} is broken: it serves on until another one has its place`);
    ask(id);
  };
  return {
    lost: (id) => {
      waiting.set(
        id,
        ports.timer(EXIT_FOLLOWS, () => first(id)),
      );
    },
    forget: (id) => {
      waiting.get(id)?.();
      waiting.delete(id);
    },
  };
}
