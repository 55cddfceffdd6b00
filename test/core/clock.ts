/**
 * Time and timers that only move when told to. Throws when asked for more than it was given: a timer for an instant
 * that is no number (a roll the test did not give makes one), in the past, or one that was never armed.
 */
export class VirtualClock<Key> {
  now = 0;
  readonly #armed = new Map<Key, number>();

  get armed(): Key[] {
    return [...this.#armed.keys()];
  }

  /** What is armed, in its order, each with the instant it is due. */
  entries(): [Key, number][] {
    return [...this.#armed];
  }

  copy(): VirtualClock<Key> {
    const copy = new VirtualClock<Key>();
    copy.now = this.now;
    for (const [key, at] of this.#armed) copy.#armed.set(key, at);
    return copy;
  }

  arm(key: Key, at: number): void {
    if (!Number.isFinite(at)) throw new Error(`${key} was armed for ${at}: the test gave no roll for it`);
    if (at < this.now) throw new Error(`${key} was armed for ${at}, and it is ${this.now} already`);
    this.#armed.set(key, at);
  }

  disarm(key: Key): void {
    this.#armed.delete(key);
  }

  /** The instant a timer is due. */
  due(key: Key): number {
    const at = this.#armed.get(key);
    if (at === undefined) throw new Error(`${key} is not armed`);
    return at;
  }

  /** Moves to a timer and takes it off. */
  fire(key: Key): void {
    this.now = Math.max(this.now, this.due(key));
    this.#armed.delete(key);
  }

  /** The timer that is due first, if it is due within `ms`. */
  first(ms = Number.POSITIVE_INFINITY): Key | undefined {
    const [next] = [...this.#armed].filter(([, at]) => at <= this.now + ms).sort(([, a], [, b]) => a - b);
    return next?.[0];
  }

  /** Moves on by `ms`, calling `fired` for each timer on the way; what it arms counts too. */
  advance(ms: number, fired: (key: Key) => void): void {
    const until = this.now + ms;
    for (let next = this.first(ms); next !== undefined; next = this.first(until - this.now)) {
      this.fire(next);
      fired(next);
    }
    this.now = until;
  }
}
