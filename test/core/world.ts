import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import { decide, initialState } from '../../src/core/decide.js';
import type { Effect, Event, Policy, State, TimerKey } from '../../src/core/types.js';
import { VirtualClock } from './clock.js';
import { checkState, must } from './invariants.js';

export const POLICY: Policy = {
  bootTimeout: 30_000,
  drainTimeout: 25_000,
  flushTimeout: 5_000,
  drainDelay: 0,
  backoff: { initial: 100, max: 10_000 },
  minUptime: 1_000,
  maxRestarts: 10,
  restartWindow: 60_000,
  canaryTime: 500,
  maxSurge: 1,
  maxUnavailable: 0,
  restart: 'always',
  stopExitCodes: [],
  moveConnections: true,
  lingers: 'no',
};

/** The core with nothing around it but a clock and a list of processes. Every step is checked against what must hold. */
export class World {
  clock = new VirtualClock<TimerKey>();
  /** The forks that were not reaped yet. */
  readonly alive = new Set<number>();
  /** Of these, the ones that were sent SIGKILL: all they can do is exit. */
  readonly killed = new Set<number>();
  /** The fork whose process was started ahead of its turn. */
  prepared: { readonly slot: number; readonly generation: number } | undefined;
  readonly asked = new Set<number>();
  readonly answered = new Set<number>();
  readonly exits: number[] = [];
  forksBeforeReady = 0;
  /** Reloads, and slots forked by hand: each may cost one fork more than the boot budget. */
  allowance = 0;
  #everReady = false;
  state: State;

  constructor(workers: number, policy: Policy = POLICY) {
    this.state = initialState(policy, workers);
  }

  /** One that goes on from here without this one noticing. */
  copy(): World {
    const { state, clock, alive, killed, asked, answered, exits, ...rest } = this;
    const copy = Object.assign(new World(0, state.policy), rest, { state, clock: clock.copy() });
    for (const id of alive) copy.alive.add(id);
    for (const id of killed) copy.killed.add(id);
    for (const request of asked) copy.asked.add(request);
    for (const request of answered) copy.answered.add(request);
    copy.exits.push(...exits);
    copy.#everReady = this.#everReady;
    return copy;
  }

  /** All that decides what follows: two worlds of one key have the same future. */
  key(): string {
    const { clock, ...rest } = this;
    return serialize([rest, clock.now, clock.entries(), this.#everReady]).toString('latin1');
  }

  /** One event. The roll is no number unless the test gives one, so that a draw nobody foresaw is noticed. */
  take(event: Event, roll = Number.NaN): readonly Effect[] {
    const before = deepFreeze(this.state);
    const stamped = deepFreeze({ ...event, at: this.clock.now, roll });
    if ('request' in event && event.request !== undefined) this.asked.add(event.request);
    if (event.type === 'reload' || event.type === 'recycle') this.allowance += 1;
    const decision = decide(before, stamped);
    must(isDeepStrictEqual(decision, decide(before, stamped)), 'decide gives the same answer twice');
    const [state, effects] = decision;
    if (event.type === 'exit') {
      this.alive.delete(event.id);
      this.killed.delete(event.id);
    }
    if (before.phase === 'stopped')
      must(
        effects.every((one) => one.type === 'reply'),
        'an ended cluster only answers',
      );
    for (const effect of effects) this.#apply(effect, before, state);
    this.state = state;
    checkState(this);
    return effects;
  }

  fire(key: TimerKey, roll?: number): readonly Effect[] {
    this.clock.fire(key);
    return this.take({ type: 'timer', key }, roll);
  }

  #apply(effect: Effect, before: State, after: State): void {
    switch (effect.type) {
      case 'fork':
        must(!this.alive.has(effect.id), `fork ${effect.id} is a new one`);
        must(before.phase !== 'stopping', 'nothing is forked while stopping');
        this.alive.add(effect.id);
        if (this.prepared?.slot === effect.slot && this.prepared.generation === effect.generation)
          this.prepared = undefined;
        if (!this.#everReady) this.forksBeforeReady += 1;
        return;
      case 'prepare':
        must(this.prepared === undefined, 'one fork is prepared at a time');
        this.prepared = { slot: effect.slot, generation: effect.generation };
        return;
      case 'discard':
        must(this.prepared !== undefined, 'only what was prepared is discarded');
        this.prepared = undefined;
        return;
      case 'retire':
        return must(this.alive.has(effect.id), `retire names a live worker, not ${effect.id}`);
      case 'ask-alive':
        return must(this.alive.has(effect.id), `a live worker is asked, not ${effect.id}`);
      case 'kill':
        must(this.alive.has(effect.id), `kill names a live worker, not ${effect.id}`);
        this.killed.add(effect.id);
        return;
      case 'arm':
        must(
          effect.key === 'leave' ? after.leave !== undefined : Number(effect.key.split(':')[1]) in after.members,
          `${effect.key} is armed for a member`,
        );
        return this.clock.arm(effect.key, effect.at);
      case 'disarm':
        return this.clock.disarm(effect.key);
      case 'reply':
        must(this.asked.has(effect.request) && !this.answered.has(effect.request), `one answer to ${effect.request}`);
        this.answered.add(effect.request);
        return;
      case 'exit':
        this.exits.push(effect.code);
        return;
      case 'notify':
        // One that has done its work has shown as well that the app can boot.
        if (effect.notification.type === 'worker-ready') this.#everReady = true;
        if (effect.notification.type === 'worker-exit' && effect.notification.done) this.#everReady = true;
    }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
