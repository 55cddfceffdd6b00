/** Milliseconds a request is waited for at most, however slow the collector; longer only if that is what was set. */
const MOST_MS = 30_000;

/**
 * How long a request is waited for. Twice as long after each that got no answer: a collector that is slower than the set
 * time would be sent the same items for ever, and keep each of them.
 */
export class RequestTimeout {
  /** As it was set, in milliseconds. */
  readonly set: number;
  /** For the next request, in milliseconds. */
  ms: number;

  constructor(ms: number) {
    this.set = ms;
    this.ms = ms;
  }

  /** A request that was waited for so long got no answer. Those that were under way with it count once. */
  passed(ms: number): void {
    if (ms >= this.ms) this.ms = Math.max(this.set, Math.min(MOST_MS, 2 * this.ms));
  }
}
