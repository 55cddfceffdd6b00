import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';

/** A worker that reaches its limit within this time of its start takes that much at rest, in milliseconds. */
const AT_REST = 60_000;
/** How long the second such worker in a row is left alone, doubling with each, and at most; in milliseconds. */
const FIRST_WAIT = 60_000;
const LONGEST_WAIT = 3_600_000;

/** A worker that asks to be replaced for its memory; again each minute. */
export interface MemoryAsk {
  readonly id: number;
  readonly slot: number;
  readonly generation: number;
  /** Since its start, in milliseconds. */
  readonly ageMs: number;
}

interface Known extends Pick<MemoryAsk, 'id' | 'generation'> {
  /** How many workers of the slot in a row asked when they were young. */
  readonly young: number;
  readonly dueAt: number;
}

/**
 * Decides whether a worker is recycled for its memory. A limit below what the app takes at rest would have every worker
 * recycled for ever, each time for one that is no smaller: from the second in a row on they are left alone, longer each time.
 *
 * @param now monotonic, milliseconds
 */
export function createMemoryRecycles(now: () => number, log: Log): (ask: MemoryAsk) => boolean {
  const slots = new Map<number, Known>();
  return ({ id, slot, generation, ageMs }) => {
    const before = slots.get(slot);
    if (before?.id === id) return now() >= before.dueAt;
    const streak = before?.generation === generation ? before.young : 0;
    const young = ageMs < AT_REST ? streak + 1 : 0;
    const wait = young < 2 ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(young - 2, 30));
    slots.set(slot, { id, generation, young, dueAt: now() + wait });
    if (wait > 0) warnOfLeftAlone(log, { slot, ageMs }, wait);
    return wait === 0;
  };
}

function warnOfLeftAlone(log: Log, { slot, ageMs }: Pick<MemoryAsk, 'slot' | 'ageMs'>, wait: number): void {
  eventLog(log, 'memory-left-alone', { slot }).warn(
    `worker ${slot} is over its memory limit ${(ageMs / 1_000).toFixed(1)} s after its start, as the one before it`,
    {
      why: `the limit is below what the app takes at rest; the worker is left alone for ${wait / 60_000} min`,
      fix: 'Raise --max-memory, or the memory of the container; see docs/MEMORY.md',
    },
  );
}
