import { HISTOGRAM_BOUNDS_MS, type Red } from '../page-api.js';
import { Latencies } from './latencies.js';

const WINDOW = 60;

/** Rate, errors and duration of one kind of request. */
export class RedCount {
  readonly latencies = new Latencies();
  readonly #buckets = new Array<number>(HISTOGRAM_BOUNDS_MS.length + 1).fill(0);
  readonly #seconds = new Uint32Array(WINDOW);
  #latest = 0;
  #first = 0;
  errors = 0;

  get count(): number {
    return this.latencies.total;
  }

  /** @param now seconds since the epoch */
  add(ms: number, failed: boolean, now: number): void {
    this.latencies.add(ms);
    const bucket = HISTOGRAM_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const at = bucket < 0 ? HISTOGRAM_BOUNDS_MS.length : bucket;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    if (failed) this.errors += 1;
    this.#turn(now);
    this.#first ||= now;
    this.#seconds[now % WINDOW] = (this.#seconds[now % WINDOW] ?? 0) + 1;
  }

  /** A second, over the last minute, or the time since the first one. */
  rate(now: number): number {
    this.#turn(now);
    const span = Math.min(WINDOW, Math.max(1, now - this.#first + 1));
    return this.#seconds.reduce((sum, one) => sum + one, 0) / span;
  }

  read(now: number): Red {
    const percentile = (share: number) => round(this.latencies.percentile(share) ?? 0);
    return {
      count: this.count,
      rate: round(this.rate(now)),
      errors: this.count === 0 ? 0 : this.errors / this.count,
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
      buckets: [...this.#buckets],
    };
  }

  /** What is older than the window is forgotten. */
  #turn(now: number): void {
    if (now - this.#latest >= WINDOW) this.#seconds.fill(0);
    else for (let second = this.#latest + 1; second <= now; second++) this.#seconds[second % WINDOW] = 0;
    this.#latest = Math.max(this.#latest, now);
  }
}

export function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** Seconds since the epoch. */
export function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
