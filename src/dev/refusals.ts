/** Why a request was not taken. */
export const REFUSALS = ['malformed', 'too large', 'for another host', 'at a bad time'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Requests that were not taken, by reason; without those that a fault refused on purpose. */
export type Refusals = Readonly<Record<Refusal, number>>;

/** Counts them. */
export class RefusalCount {
  readonly #counts = { malformed: 0, 'too large': 0, 'for another host': 0, 'at a bad time': 0 };

  get all(): Refusals {
    return { ...this.#counts };
  }

  add(refusal: Refusal): void {
    this.#counts[refusal] += 1;
  }
}
