/** How long to wait after failures in a row. Immutable: `next` gives the policy for the failure after this one. */
export interface Backoff {
  readonly ms: (roll: number) => number;
  readonly next: () => Backoff;
}

/**
 * Nobody is there, and a try costs next to nothing. Bounded so that spans flow within a second of the collector's return: half
 * of that second is left for a machine that is busy when everything comes back, and for a new connection of whichever transport.
 */
export const GONE: Backoff = backoff(50, 500);
/**
 * Somebody takes requests and hangs up, or says that the collector is gone: each try costs a request, and may arrive twice.
 * 30 s are reached in an outage of four minutes, so that what a wait adds to a short one is little.
 */
export const HUNG_UP: Backoff = backoff(50, 5_000, 30_000);
/** A collector with too much to do gets longer pauses. */
export const OVERLOADED: Backoff = backoff(250, 5_000);

/** Somebody has to mend a key or an address first. */
export const HELD: Backoff = backoff(5_000, 60_000);

/**
 * Doubles up to `maxMs`, then grows by a tenth each time up to `mostMs`; each wait is spread over its upper half, so that a
 * fleet does not come back as one.
 */
function backoff(baseMs: number, maxMs: number, mostMs = maxMs): Backoff {
  return {
    ms: (roll) => baseMs * (0.5 + roll / 2),
    next: () => {
      const grown = Math.max(Math.min(baseMs * 2, maxMs), baseMs * 1.1);
      return backoff(Math.min(grown, mostMs), maxMs, mostMs);
    },
  };
}
