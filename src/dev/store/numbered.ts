/** Each value once, by number. */
export class Numbered<T> {
  readonly #numbers = new Map<T, number>();
  readonly values: T[] = [];

  of(value: T): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const number = this.values.push(value) - 1;
    this.#numbers.set(value, number);
    return number;
  }
}

/** Values that have small numbers already, added to a list when they are first met. Faster than a Map. */
export class Renumbered<T> {
  readonly #list: T[];
  readonly #numbers: Int32Array;

  /** @param most old numbers are below it */
  constructor(list: T[], most: number) {
    this.#list = list;
    this.#numbers = new Int32Array(most).fill(-1);
  }

  of(old: number, read: () => T): number {
    const known = this.#numbers[old] ?? -1;
    if (known !== -1) return known;
    const number = this.#list.push(read()) - 1;
    this.#numbers[old] = number;
    return number;
  }
}
