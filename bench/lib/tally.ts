import type { Outcome } from './connection.js';
import { quantile, sort } from './stats.js';

/** What happened to the requests of one window of a run. */
export interface Window {
  readonly requests: number;
  readonly ok: number;
  /** By cause, `ok` left out. */
  readonly failed: Readonly<Partial<Record<Outcome, number>>>;
  /** Connections of the client's pool that the server has ended, or has told to end. */
  readonly closed: number;
  readonly seconds: number;
  /** Milliseconds from when the request was due; NaN when none was answered. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Counts outcomes and latencies by window; a request belongs to the window it was due in. */
export class Tally {
  readonly #windows = new Map<
    string,
    { since: number; ms: number; closed: number; counts: Map<Outcome, number>; latencies: number[] }
  >();
  #current = '';

  get current(): string {
    return this.#current;
  }

  /** Begins a window, or continues it when it was there before. */
  enter(name: string, now: number): void {
    this.#pause(now);
    this.#current = name;
    const known = this.#windows.get(name);
    if (known) known.since = now;
    else this.#windows.set(name, { since: now, ms: 0, closed: 0, counts: new Map(), latencies: [] });
  }

  done(name: string, outcome: Outcome, ms: number): void {
    const window = this.#windows.get(name)!;
    window.counts.set(outcome, (window.counts.get(outcome) ?? 0) + 1);
    if (outcome === 'ok') window.latencies.push(ms);
  }

  closed(): void {
    this.#windows.get(this.#current)!.closed += 1;
  }

  finish(now: number): Record<string, Window> {
    this.#pause(now);
    const entries = [...this.#windows].map(([name, { ms, closed, counts, latencies }]) => {
      const { ok = 0, ...failed } = Object.fromEntries(counts) as Partial<Record<Outcome, number>>;
      const sorted = sort(latencies);
      const at = (q: number) => (sorted.length > 0 ? quantile(sorted, q) : Number.NaN);
      const requests = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return [name, { requests, ok, failed, closed, seconds: ms / 1000, p50: at(0.5), p99: at(0.99), max: at(1) }];
    });
    return Object.fromEntries(entries);
  }

  #pause(now: number): void {
    const window = this.#windows.get(this.#current);
    if (window) window.ms += now - window.since;
  }
}
