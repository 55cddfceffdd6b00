/** The spread of a few measured values. */
export interface Summary {
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Throws on an empty list: a figure without a measurement must not be printed. */
export function summarize(values: readonly number[]): Summary {
  const sorted = sort(values);
  return { n: sorted.length, min: quantile(sorted, 0), median: quantile(sorted, 0.5), max: quantile(sorted, 1) };
}

/** Of a sorted list, by linear interpolation. */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new Error('no values');
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)]!;
  const high = sorted[Math.ceil(at)]!;
  return low + (high - low) * (at - Math.floor(at));
}

export function sort(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** Ratios of what was measured in the same round: what the machine did meanwhile cancels out. */
export function pairwise(values: readonly number[], base: readonly number[]): number[] {
  if (values.length !== base.length) throw new Error(`${values.length} values against ${base.length}`);
  return values.map((value, round) => value / base[round]!);
}
