/** Five buckets for each doubling, from a microsecond to more than an hour: a percentile is right within 7%. */
const PER_DOUBLING = 5;
const BUCKETS = 160;

/** Durations, counted by size. */
export class Latencies {
  readonly counts = new Uint32Array(BUCKETS);
  total = 0;

  /** @param ms a duration */
  add(ms: number): void {
    const bucket = Math.floor(PER_DOUBLING * Math.log2(Math.max(1, ms * 1_000)));
    const at = Math.min(BUCKETS - 1, bucket);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.total += 1;
  }

  /** In milliseconds; undefined without any. @param share 0..1 */
  percentile(share: number): number | undefined {
    const wanted = Math.ceil(this.total * share);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= wanted && seen > 0) return 2 ** ((bucket + 0.5) / PER_DOUBLING) / 1_000;
    }
    return undefined;
  }
}

/**
 * By how many standard deviations the durations of `one` are beyond those of `other` (Mann-Whitney): above 3 it is hardly by
 * chance, whatever their distribution.
 */
export function slowerBy(one: Latencies, other: Latencies): number {
  const [n, m] = [one.total, other.total];
  if (n === 0 || m === 0) return 0;
  let wins = 0;
  let below = 0;
  let ties = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const [a, b] = [one.counts[bucket] ?? 0, other.counts[bucket] ?? 0];
    wins += a * (below + b / 2);
    below += b;
    ties += (a + b) ** 3 - (a + b);
  }
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  return variance <= 0 ? 0 : (wins - (n * m) / 2) / Math.sqrt(variance);
}
