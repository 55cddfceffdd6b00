/** Where a member stands in its crowd, kept on it. */
const PLACE = Symbol('kf-cluster.place');
type Placed = { [PLACE]?: number | undefined };

/**
 * What comes and goes thousands of times a second, in no order. A `Set` makes itself a new table every few dozen times,
 * and the old tables, once they have aged, keep all that they held from the quick collections: with a connection for each
 * request twice as much outlived those, and V8's helper threads took 8 us for each instead of 2.
 */
export class UnorderedSet<T extends object> {
  readonly #members: (T & Placed)[] = [];
  /** Those that stand in another crowd: an app may give one socket to two of its servers. */
  readonly #guests = new Set<T>();

  /** Does nothing for one that is there. */
  add(member: T & Placed): void {
    if (this.#has(member)) return;
    if (member[PLACE] === undefined && !this.#guests.has(member)) this.#put(member, this.#members.length);
    else this.#guests.add(member);
  }

  /** Does nothing for one that is not there. */
  delete(member: T & Placed): void {
    const place = member[PLACE];
    if (place === undefined || !this.#has(member)) return void this.#guests.delete(member);
    const last = this.#members.pop();
    if (last !== undefined && last !== member) this.#put(last, place);
    member[PLACE] = undefined;
  }

  /** Whether one of them is such. */
  some(isSuch: (member: T) => boolean): boolean {
    if (this.#members.some(isSuch)) return true;
    for (const guest of this.#guests) if (isSuch(guest)) return true;
    return false;
  }

  /** Those of now. */
  all(): T[] {
    return [...this.#members, ...this.#guests];
  }

  #has(member: Placed): boolean {
    const place = member[PLACE];
    return place !== undefined && this.#members[place] === member;
  }

  #put(member: T & Placed, place: number): void {
    member[PLACE] = place;
    this.#members[place] = member;
  }
}
