/**
 * What comes and goes thousands of times a second, in no order. A `Set` makes itself a new table every few dozen times,
 * and the old tables, once they have aged, keep all that they held from the quick collections: with a connection for each
 * request twice as much outlived those, and V8's helper threads took 8 us for each instead of 2.
 */
export class Crowd<T extends object> {
  readonly #members: (T & Placed)[] = [];
  /** Of this crowd's own: one may be in several. */
  readonly #place = Symbol('kf-cluster.place');

  /** Does nothing for one that is there. */
  add(member: T): void {
    if (!this.#has(member)) this.#put(member, this.#members.length);
  }

  /** Does nothing for one that is not there. */
  delete(member: T): void {
    if (!this.#has(member)) return;
    const last = this.#members.pop();
    if (last && last !== member) this.#put(last, member[this.#place]!);
  }

  /** Those of now. */
  all(): T[] {
    return [...this.#members];
  }

  #has(member: T & Placed): member is T & Placed {
    const place = member[this.#place];
    return place !== undefined && this.#members[place] === member;
  }

  #put(member: T & Placed, place: number): void {
    (member as Placed)[this.#place] = place;
    this.#members[place] = member;
  }
}

/** Where a member stands is kept on it. */
type Placed = Partial<Record<symbol, number>>;
