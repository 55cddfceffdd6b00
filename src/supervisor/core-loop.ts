import { decide } from '../core/decide.js';
import type { Effect, Event, State } from '../core/types.js';
import type { Ports } from './ports.js';

interface CoreLoopParts {
  readonly ports: Pick<Ports, 'now' | 'roll'>;
  readonly initial: State;
  /** Called at the event's turn, before it is decided on. */
  before(event: Event): void;
  perform(effect: Effect): void;
  /** Called when all that was decided is done. */
  after(event: Event): void;
  /** Something of that was thrown: the rest is done all the same. */
  failed(what: string, error: unknown): void;
}

/**
 * Owns the state of the core: events are queued, stamped, decided and performed one after the other, so that no handler
 * ever sees a half-made change.
 */
export class CoreLoop {
  readonly #parts: CoreLoopParts;
  readonly #queue: Event[] = [];
  #running = false;
  #state: State;

  constructor(parts: CoreLoopParts) {
    this.#parts = parts;
    this.#state = parts.initial;
  }

  state(): State {
    return this.#state;
  }

  enqueue(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return; // an effect caused it: after the one that is being performed
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#take(next);
    } finally {
      this.#running = false;
    }
  }

  #take(event: Event): void {
    const { ports, before, perform, after } = this.#parts;
    this.#try(`before ${event.type}`, () => before(event));
    let effects: readonly Effect[] = [];
    this.#try(`deciding on ${event.type}`, () => {
      [this.#state, effects] = decide(this.#state, { ...event, at: ports.now(), roll: ports.roll() });
    });
    for (const effect of effects) this.#try(effect.type, () => perform(effect));
    this.#try(`after ${event.type}`, () => after(event));
  }

  #try(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#parts.failed(what, error);
    }
  }
}
