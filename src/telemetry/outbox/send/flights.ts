import { type Outcome, retry } from './outcome.js';

/** A flush has seconds and not minutes: so long a request that was under way before it may be without an answer. */
const HURRIED_MS = 1_000;
/** It is lost, and not only slow, if one that began later was answered in so much less time. */
const FASTER = 2;

interface Flight {
  readonly since: number;
  /** Resolves when it is given up before its time is over. */
  readonly abandoned: Promise<Outcome>;
  abandon(): void;
}

/** Requests under way, and which of them seem to be lost: their collector hung, or the way to it does. */
export class Flights {
  readonly #now: () => number;
  /** Milliseconds that others wait for an answer at most. */
  readonly #patience: number;
  readonly #all = new Set<Flight>();
  #hurriedAt = Number.NEGATIVE_INFINITY;
  #answered: { readonly since: number; readonly took: number } | undefined;

  constructor(now: () => number, patience: number) {
    this.#now = now;
    this.#patience = patience;
  }

  get count(): number {
    return this.#all.size;
  }

  begin(): Flight {
    let resolve: (outcome: Outcome) => void = () => undefined;
    const abandoned = new Promise<Outcome>((fulfil) => {
      resolve = fulfil;
    });
    const abandon = () => resolve(retry('no answer, while a later request has one', { timedOut: true }));
    const flight = { since: this.#now(), abandoned, abandon };
    this.#all.add(flight);
    return flight;
  }

  end(flight: Flight): void {
    this.#all.delete(flight);
  }

  answered({ since }: Flight): void {
    if (this.#answered === undefined || since >= this.#answered.since) {
      this.#answered = { since, took: this.#now() - since };
    }
    this.abandonLost(this.#now());
  }

  /** A flush waits for those that are under way now. */
  hurry(): void {
    this.#hurriedAt = this.#now();
    this.abandonLost(this.#now());
  }

  /** Those of which an answer is to be expected yet: nothing waits for the others. */
  waiting(now: number): number {
    return [...this.#all].filter((flight) => this.#left(flight, now) > 0).length;
  }

  /**
   * Milliseconds until something changes by the clock alone: one more is lost, or, where anything waits to be sent beside them, one
   * less is waited for. Undefined: nothing will. It is asked with the time by which it was decided what to send: what changes between
   * two looks at the clock would be seen by neither.
   */
  nextChange(now: number, anyWaits: boolean): number | undefined {
    const all = [...this.#all];
    const left = [
      ...all.map((flight) => this.#untilLost(flight, now)),
      ...(anyWaits ? all.map((one) => this.#left(one, now)) : []),
    ];
    const ahead = left.filter((ms) => ms > 0 && ms < Number.POSITIVE_INFINITY);
    return ahead.length > 0 ? Math.min(...ahead) : undefined;
  }

  /** What a flush waits for is sent again at once. At other times a request has its whole time: it may arrive twice otherwise. */
  abandonLost(now: number): void {
    for (const flight of this.#all) if (this.#untilLost(flight, now) <= 0) flight.abandon();
  }

  #untilLost({ since }: Flight, now: number): number {
    const later = this.#answered;
    if (later === undefined || since >= later.since || since > this.#hurriedAt) return Number.POSITIVE_INFINITY;
    return since + Math.max(HURRIED_MS, FASTER * later.took) - now;
  }

  #left({ since }: Flight, now: number): number {
    const patience = since <= this.#hurriedAt ? Math.min(HURRIED_MS, this.#patience) : this.#patience;
    return since + patience - now;
  }
}
