/** Draws that a seed repeats. */
export interface Dice {
  readonly seed: number;
  /** Uniform in [0, 1). */
  roll(): number;
  /** An integer from `least` to `most`. */
  between(least: number, most: number): number;
  pick<T>(from: readonly T[]): T | undefined;
}

/** By the generator mulberry32: small, and good enough to choose by. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    roll,
    between: (least, most) => least + Math.floor(roll() * (most - least + 1)),
    pick: (from) => from[Math.floor(roll() * from.length)],
  };
}
