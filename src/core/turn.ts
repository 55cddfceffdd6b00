import type { ExitReason, StopReason } from '../../hooks/types.js';
import { put } from './roster.js';
import type { Effect, Member, News, State, TimerKey } from './types.js';

/** Between SIGTERM's deadlines and SIGKILL, milliseconds: what a worker needs to exit by itself after its flush. */
export const GRACE_MARGIN = 2_000;

/** One call of `decide` at work: the state so far and the effects so far. Lives no longer than that call. */
export interface Turn {
  state: State;
  readonly effects: Effect[];
  readonly at: number;
  readonly roll: number;
}

export function tell(turn: Turn, news: News): void {
  turn.effects.push({ type: 'tell', news });
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

export function move(turn: Turn, one: Member, change: Partial<Member>): Member {
  const next = { ...one, ...change, since: turn.at };
  turn.state = put(turn.state, next);
  return next;
}

/** Forks a worker into a slot. It has the boot timeout to become ready. */
export function fork(turn: Turn, spec: Pick<Member, 'slot' | 'generation' | 'replaces'>): Member {
  const id = turn.state.nextId;
  const one: Member = { ...spec, id, phase: 'starting', since: turn.at };
  turn.state = put({ ...turn.state, nextId: id + 1 }, one);
  if (turn.state.bootForks !== undefined) set(turn, { bootForks: turn.state.bootForks + 1 });
  turn.effects.push({ type: 'fork', id, slot: one.slot, generation: one.generation });
  arm(turn, `boot:${id}`, turn.state.policy.bootTimeout);
  tell(turn, { type: 'worker-starting', slot: one.slot, id, generation: one.generation });
  return one;
}

/** Asks a live worker to drain, flush and exit; SIGKILL follows after its grace period. Idempotent. */
export function retire(turn: Turn, one: Member, reason: StopReason): void {
  const { drainTimeout: drain, flushTimeout: flush } = turn.state.policy;
  if (one.phase === 'draining') return;
  disarmAll(turn, one);
  move(turn, one, { phase: 'draining', reason: one.reason ?? reason });
  turn.effects.push({ type: 'retire', id: one.id, reason, drain, flush });
  arm(turn, `drain:${one.id}`, drain + flush + GRACE_MARGIN);
}

export function kill(turn: Turn, one: Member, reason: ExitReason): void {
  turn.effects.push({ type: 'kill', id: one.id, reason });
}

/** Every timer a member can have in the phase it is in. */
export function disarmAll(turn: Turn, one: Member): void {
  if (one.phase === 'starting') disarm(turn, `boot:${one.id}`);
  if (one.phase === 'backoff') disarm(turn, `backoff:${one.id}`);
  if (one.phase === 'draining') disarm(turn, `drain:${one.id}`);
  if (one.phase !== 'ready') return;
  disarm(turn, `uptime:${one.id}`);
  if (turn.state.reload?.canary === one.id) disarm(turn, `canary:${one.id}`);
}
