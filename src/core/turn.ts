import type { ExitReason, StopReason } from '../contract/exit-reasons.js';
import { type EndLimits, longestEnd } from '../contract/worker-end.js';
import { put, successorsOf } from './roster.js';
import type { Effect, Member, Notification, State, TimerKey } from './types.js';

/** Between a worker's last deadline and SIGKILL, milliseconds: what it needs to exit by itself after its flush. */
const GRACE_MARGIN = 2_000;

/** One call of `decide` at work: the state so far and the effects so far. Lives no longer than that call. */
export interface Turn {
  state: State;
  readonly effects: Effect[];
  readonly at: number;
  readonly roll: number;
}

export function notify(turn: Turn, notification: Notification): void {
  turn.effects.push({ type: 'notify', notification });
}

export function arm(turn: Turn, key: TimerKey, delay: number): void {
  turn.effects.push({ type: 'arm', key, at: turn.at + delay });
}

export function disarm(turn: Turn, key: TimerKey): void {
  turn.effects.push({ type: 'disarm', key });
}

export function set(turn: Turn, change: Partial<State>): void {
  turn.state = { ...turn.state, ...change };
}

export function move(turn: Turn, one: Member, change: Partial<Member> & Pick<Member, 'phase'>): Member {
  const next = { ...one, ...change, since: turn.at };
  turn.state = put(turn.state, next);
  return next;
}

/** Forks a worker into a slot. It has the boot timeout to become ready. */
export function fork(turn: Turn, spec: Pick<Member, 'slot' | 'generation' | 'replaces'>): Member {
  const one = enter(turn, { ...spec, phase: 'starting' });
  launch(turn, one);
  return one;
}

/** Puts a new member on the roster. */
export function enter(turn: Turn, spec: Omit<Member, 'id' | 'since'>): Member {
  const one: Member = { ...spec, id: turn.state.nextId, since: turn.at };
  turn.state = put({ ...turn.state, nextId: one.id + 1 }, one);
  return one;
}

/** Gives a member that starts its process. */
export function launch(turn: Turn, one: Member): void {
  const { id } = one;
  if (turn.state.bootForks !== undefined) set(turn, { bootForks: turn.state.bootForks + 1 });
  turn.effects.push({ type: 'fork', id, slot: one.slot, generation: one.generation });
  arm(turn, `boot:${id}`, turn.state.policy.bootTimeout);
  notify(turn, { type: 'worker-starting', slot: one.slot, id, generation: one.generation });
}

/** The fork that was prepared will not come. */
export function discardPrepared(turn: Turn): void {
  if (turn.state.reload?.prepared !== undefined) turn.effects.push({ type: 'discard' });
}

/** Asks a live worker to drain, flush and exit; SIGKILL follows after its grace period. Idempotent. */
export function retire(turn: Turn, one: Member, reason: StopReason): void {
  if (one.phase === 'draining') return;
  order(turn, one, reason, { drain: turn.state.policy.drainTimeout, flush: turn.state.policy.flushTimeout });
}

/** The same with limits of its own, in milliseconds, also for a worker that drains already. */
export function order(turn: Turn, one: Member, reason: StopReason, limits: EndLimits): void {
  beginDrain(turn, one, reason, limits);
  turn.effects.push({ type: 'retire', id: one.id, reason, ...limits, successors: successorsOf(turn.state, one) });
}

/** A worker is on its way out: SIGKILL ends it if nothing else does. */
export function beginDrain(turn: Turn, one: Member, reason: StopReason, limits: EndLimits): void {
  if (one.phase !== 'draining') {
    disarmAll(turn, one);
    move(turn, one, { phase: 'draining', reason: one.reason ?? reason });
  }
  arm(turn, `drain:${one.id}`, longestEnd(limits) + GRACE_MARGIN);
}

export function kill(turn: Turn, one: Member, reason: ExitReason): void {
  turn.effects.push({ type: 'kill', id: one.id, reason });
}

/** Kills a worker that failed us; until it is reaped nothing counts on it any more. The first reason wins. */
export function condemn(turn: Turn, one: Member, reason: ExitReason): void {
  turn.state = put(turn.state, { ...one, reason: one.reason ?? reason });
  kill(turn, one, reason);
}

/** Every timer a member can have in the phase it is in. */
export function disarmAll(turn: Turn, one: Member): void {
  if (one.phase === 'starting') disarm(turn, `boot:${one.id}`);
  if (one.phase === 'backoff') disarm(turn, `backoff:${one.id}`);
  if (one.retry === 'armed') disarm(turn, `retry:${one.id}`);
  if (one.phase === 'draining') disarm(turn, `drain:${one.id}`);
  if (one.phase !== 'ready') return;
  disarm(turn, `uptime:${one.id}`);
  if (turn.state.reload?.canary === one.id) disarmCanary(turn);
}

/** The timer of its time, or that of its answer. */
export function disarmCanary(turn: Turn): void {
  const { canary, canaryStep } = turn.state.reload ?? {};
  if (canary !== undefined) disarm(turn, canaryStep === 'asked' ? `answer:${canary}` : `canary:${canary}`);
}
