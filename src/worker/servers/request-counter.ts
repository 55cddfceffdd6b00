/** Counts HTTP requests, and calls back at the one that somebody waits for. */
export class RequestCounter {
  #total = 0;
  #awaited = 0; // 0 is never: counting begins at 1
  #onAwaited: () => void = () => undefined;
  #onNext: (() => void) | undefined;

  get total(): number {
    return this.#total;
  }

  /** A request begins. */
  count(): void {
    this.#total += 1;
    if (this.#total === this.#awaited) this.#onAwaited();
    if (this.#onNext === undefined) return;
    const notify = this.#onNext;
    this.#onNext = undefined;
    notify();
  }

  /** Calls back once, when the request of that number begins. One caller only. */
  at(number: number, callback: () => void): void {
    this.#awaited = number;
    this.#onAwaited = callback;
  }

  /** Calls back once, when the next request begins. One caller only. */
  atNext(callback: () => void): void {
    this.#onNext = callback;
  }
}
