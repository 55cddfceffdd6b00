/** A worker that may take connections over, as the order to leave names it. */
export interface Successor {
  readonly id: number;
  readonly generation: number;
}

/** What happens to the connections of workers that leave. `move` is numbered by the worker, `pass` by the primary. */
export type MoveEvent =
  /** A worker begins to leave: its connections may go to these. */
  | { readonly type: 'leave'; readonly from: number; readonly successors: readonly Successor[] }
  /** A worker says where it listens, and how many connections are open there. */
  | { readonly type: 'room'; readonly worker: number; readonly places: Readonly<Record<string, number>> }
  | { readonly type: 'offer'; readonly from: number; readonly move: number; readonly place: string }
  /** The descriptors of the moves up to that number are here, or were lost on the way. */
  | { readonly type: 'offered'; readonly from: number; readonly upTo: number }
  | { readonly type: 'taken' | 'refused'; readonly worker: number; readonly passes: readonly number[] }
  /** The patience with successors that have not said a word is over. */
  | { readonly type: 'late'; readonly from: number }
  /** Its channel is broken while it lives: it has read what it was sent, and no answer of it comes. */
  | { readonly type: 'silent'; readonly worker: number }
  | { readonly type: 'gone'; readonly worker: number };

/** What is to be done. A pass stands for the primary's own copy of the descriptor, from its offer to its release. */
export type MoveEffect =
  | { readonly type: 'ask'; readonly worker: number }
  | { readonly type: 'hold'; readonly pass: number; readonly from: number; readonly move: number }
  | { readonly type: 'pass'; readonly pass: number; readonly to: number }
  | { readonly type: 'release'; readonly pass: number }
  | { readonly type: 'verdict'; readonly from: number; readonly move: number; readonly moved: boolean };

interface Leaving {
  successors: readonly Successor[];
  /** The highest number offered so far: a gap is a descriptor that was lost on its way. */
  offered: number;
  /** Successors that were asked and have not answered yet are waited for. */
  patient: boolean;
}

interface Pass {
  readonly number: number;
  /** Undefined when that worker has been given its verdict. */
  from: number | undefined;
  readonly move: number;
  readonly place: string;
  /** Undefined while nobody has it but the primary. */
  to: number | undefined;
  readonly tried: Set<number>;
}

/**
 * Which worker takes which connection: of those that listen where it was accepted the one with the fewest. A connection
 * is with one worker at a time: it goes to another one only after the first has refused it or died. No clock and no
 * descriptor in here; the same events always give the same effects.
 */
export class Moves {
  readonly #leaving = new Map<number, Leaving>();
  readonly #rooms = new Map<number, Map<string, number>>();
  readonly #passes = new Map<number, Pass>();
  /** Workers of which no answer comes any more. */
  readonly #mute = new Set<number>();
  #next = 1;
  #effects: MoveEffect[] = [];

  take(event: MoveEvent): readonly MoveEffect[] {
    this.#effects = [];
    this.#apply(event);
    return this.#effects;
  }

  /** How many descriptors the primary holds. */
  held(): number {
    return this.#passes.size;
  }

  #apply(event: MoveEvent): void {
    switch (event.type) {
      case 'leave':
        return this.#leave(event.from, event.successors);
      case 'room':
        return this.#room(event.worker, event.places);
      case 'offer':
        return this.#offer(event);
      case 'offered':
        return this.#missing(event.from, event.upTo + 1);
      case 'taken':
        return this.#each(event, (pass) => this.#settle(pass, true));
      case 'refused':
        return this.#each(event, (pass) => this.#refused(pass, event.worker));
      case 'late':
        return this.#late(event.from);
      case 'silent':
        return this.#silent(event.worker);
      case 'gone':
        return this.#gone(event.worker);
      default:
        return event satisfies never;
    }
  }

  #leave(from: number, successors: readonly Successor[]): void {
    if (this.#leaving.has(from)) return;
    if (this.#leaving.size === 0) this.#rooms.clear(); // of an earlier reload
    this.#rooms.delete(from); // nobody's successor any more
    this.#leaving.set(from, { successors, offered: 0, patient: true });
    for (const { id } of successors) if (!this.#leaving.has(id)) this.#push({ type: 'ask', worker: id });
    this.#waiting();
  }

  #room(worker: number, places: Readonly<Record<string, number>>): void {
    if (this.#leaving.has(worker)) return;
    this.#rooms.set(worker, new Map(Object.entries(places)));
    this.#waiting();
  }

  #offer({ from, move, place }: Extract<MoveEvent, { type: 'offer' }>): void {
    this.#missing(from, move);
    const leaving = this.#leaving.get(from);
    if (leaving) leaving.offered = Math.max(leaving.offered, move);
    const pass: Pass = { number: this.#next, from, move, place, to: undefined, tried: new Set() };
    this.#next += 1;
    this.#passes.set(pass.number, pass);
    this.#push({ type: 'hold', pass: pass.number, from, move });
    this.#place(pass);
  }

  /** Offers below that number of which nothing has come: their worker keeps those connections. */
  #missing(from: number, before: number): void {
    const leaving = this.#leaving.get(from);
    if (!leaving) return;
    for (let move = leaving.offered + 1; move < before; move += 1) {
      this.#push({ type: 'verdict', from, move, moved: false });
    }
    leaving.offered = Math.max(leaving.offered, before - 1);
  }

  #refused(pass: Pass, by: number): void {
    this.#count(by, pass.place, -1);
    pass.to = undefined;
    this.#place(pass);
  }

  #late(from: number): void {
    const leaving = this.#leaving.get(from);
    if (!leaving) return;
    leaving.patient = false;
    this.#waiting();
  }

  /** It serves what it was sent, so that nobody waits for its word; should it have refused one, its end shows that. */
  #silent(worker: number): void {
    this.#mute.add(worker);
    for (const pass of this.#passes.values()) {
      if (pass.to !== worker) continue;
      this.#verdict(pass, true);
      pass.from = undefined;
    }
    this.#waiting();
  }

  /** What a dead worker was sent and had not taken goes to another one; what it has offered itself is still here. */
  #gone(worker: number): void {
    this.#rooms.delete(worker);
    this.#leaving.delete(worker);
    this.#mute.delete(worker);
    for (const leaving of this.#leaving.values()) {
      leaving.successors = leaving.successors.filter(({ id }) => id !== worker);
    }
    for (const pass of [...this.#passes.values()]) if (pass.to === worker) this.#refused(pass, worker);
    this.#waiting();
  }

  #waiting(): void {
    for (const pass of [...this.#passes.values()]) if (pass.to === undefined) this.#place(pass);
  }

  #place(pass: Pass): void {
    const to = this.#choose(pass);
    if (to === 'wait') return;
    if (to === undefined) return this.#settle(pass, false);
    pass.to = to;
    pass.tried.add(to);
    this.#count(to, pass.place, 1);
    this.#push({ type: 'pass', pass: pass.number, to });
  }

  /** Not of a worker that has said meanwhile that it does not listen there any more. */
  #count(worker: number, place: string, more: number): void {
    const room = this.#rooms.get(worker);
    const open = room?.get(place);
    if (open !== undefined) room?.set(place, Math.max(0, open + more));
  }

  /** The newest generation first, as the others may be the next to leave; there the one with the fewest connections. */
  #choose(pass: Pass): number | 'wait' | undefined {
    const leaving = this.#leavingOf(pass);
    let best: { id: number; generation: number; open: number } | undefined;
    let unheard = false;
    for (const { id, generation } of this.#successorsOf(pass, leaving)) {
      const room = this.#rooms.get(id);
      unheard ||= room === undefined;
      const open = room?.get(pass.place);
      if (open === undefined || (best && best.generation > generation)) continue;
      if (!best || best.generation < generation || best.open > open) best = { id, generation, open };
    }
    if (best) return best.id;
    return unheard && leaving?.patient !== false ? 'wait' : undefined;
  }

  /** The worker that still waits for a word about it. */
  #leavingOf({ from }: Pass): Leaving | undefined {
    return from === undefined ? undefined : this.#leaving.get(from);
  }

  /** The worker that offered it may have died since: then whoever is there will do. */
  #successorsOf(pass: Pass, leaving: Leaving | undefined): Successor[] {
    const all = leaving?.successors ?? [...this.#rooms.keys()].map((id) => ({ id, generation: 0 }));
    return all.filter(({ id }) => !pass.tried.has(id) && !this.#leaving.has(id) && !this.#mute.has(id));
  }

  #settle(pass: Pass, moved: boolean): void {
    this.#passes.delete(pass.number);
    this.#push({ type: 'release', pass: pass.number });
    this.#verdict(pass, moved);
  }

  #verdict({ from, move }: Pass, moved: boolean): void {
    if (from !== undefined && this.#leaving.has(from)) this.#push({ type: 'verdict', from, move, moved });
  }

  #each({ worker, passes }: { worker: number; passes: readonly number[] }, then: (pass: Pass) => void): void {
    for (const number of passes) {
      const pass = this.#passes.get(number);
      if (pass?.to === worker) then(pass);
    }
  }

  #push(effect: MoveEffect): void {
    this.#effects.push(effect);
  }
}
