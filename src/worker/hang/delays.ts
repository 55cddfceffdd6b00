/** Delays below this have tenths of a millisecond, longer ones steps of a hundredth of their length. Milliseconds. */
const FINE = 100;
const PER_MS = 10;
const STEP = Math.log(1.01);
/** One longer than an hour counts as an hour, in milliseconds. */
const LONGEST = 3_600_000;
const BUCKETS = placeOf(LONGEST) + 1;

/**
 * How often which delay was seen, in 8 kB. Node's own, `monitorEventLoopDelay`, takes 350 kB of a worker's memory, and as much
 * again for its module.
 */
export class Delays {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param delay milliseconds; less than none is none */
  add(delay: number): void {
    const place = placeOf(Math.min(Math.max(delay, 0), LONGEST));
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#count += 1;
  }

  /** The delay that so many of those seen do not exceed, in milliseconds. @param rank from 1 to `count` */
  atRank(rank: number): number {
    let seen = 0;
    for (let place = 0; place < BUCKETS; place += 1) {
      seen += this.#counts[place] ?? 0;
      if (seen >= rank) return delayAt(place);
    }
    return LONGEST;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
  }
}

function placeOf(delay: number): number {
  if (delay < FINE) return Math.floor(delay * PER_MS);
  return FINE * PER_MS + Math.floor(Math.log(delay / FINE) / STEP);
}

function delayAt(place: number): number {
  const fine = FINE * PER_MS;
  return place < fine ? place / PER_MS : FINE * Math.exp((place - fine) * STEP);
}
