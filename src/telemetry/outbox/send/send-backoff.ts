/** How long to wait after failures in a row. Immutable: `next` gives the policy for the failure after this one. */
export interface Backoff {
  readonly ms: (roll: number) => number;
  readonly next: () => Backoff;
}

/**
 * Bounded so that spans flow within a second of the collector's return: half of that second is left for a machine that is busy
 * when everything comes back, and for a new connection of whichever transport.
 */
export const GONE: Backoff = backoff(50, 500);
/** A collector with too much to do gets longer pauses. */
export const OVERLOADED: Backoff = backoff(250, 5_000);

/** Somebody has to mend a key or an address first. */
export const HELD: Backoff = backoff(5_000, 60_000);

/** Doubles up to `maxMs`; each wait is spread over its upper half, so that a fleet does not come back as one. */
function backoff(baseMs: number, maxMs: number): Backoff {
  return {
    ms: (roll) => baseMs * (0.5 + roll / 2),
    next: () => backoff(Math.min(maxMs, baseMs * 2), maxMs),
  };
}
