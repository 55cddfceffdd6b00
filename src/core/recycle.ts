import { drop, inSlot, isAlive, members } from './roster.js';
import { answer } from './scale.js';
import { disarmAll, fork, set, type Turn, tell } from './turn.js';
import type { Event, Member } from './types.js';

/**
 * Plans the replacement of one worker: the new one ready first, then the old one drained; one slot at a time, so that
 * workers of one age never leave together. A slot that waits or has failed is simply forked at once.
 */
export function recycle(turn: Turn, event: Extract<Event, { type: 'recycle' }>): void {
  const { phase, members: all } = turn.state;
  const one = all[event.id];
  if (phase === 'stopping' || phase === 'stopped') {
    return answer(turn, event.request, { ok: false, code: 'STOPPING', why: 'the cluster is stopping' });
  }
  if (phase === 'reloading') {
    return answer(turn, event.request, { ok: false, code: 'BUSY', why: 'a reload is under way' });
  }
  if (!one || one.phase === 'draining') {
    return answer(turn, event.request, { ok: false, code: 'BAD_REQUEST', why: 'that worker is leaving already' });
  }
  answer(turn, event.request, { ok: true });
  if (!isAlive(one)) return forkInstead(turn, one);
  if (turn.state.recycling.some((planned) => planned.slot === one.slot) || replacement(turn, one)) return;
  set(turn, { recycling: [...turn.state.recycling, { slot: one.slot, reason: event.reason }] });
  startNextRecycle(turn);
}

/** Starts the next planned replacement when none is under way. */
export function startNextRecycle(turn: Turn): void {
  const { phase, recycling, members: all } = turn.state;
  if (phase !== 'running' || Object.values(all).some((one) => one.phase === 'starting')) return;
  const [next, ...rest] = recycling;
  if (!next) return;
  set(turn, { recycling: rest });
  const old = inSlot(turn.state, next.slot).find((one) => one.phase === 'ready');
  if (!old) return startNextRecycle(turn);
  fork(turn, { slot: old.slot, generation: old.generation, replaces: { id: old.id, reason: next.reason } });
}

function replacement(turn: Turn, one: Member): boolean {
  return members(turn.state).some((other) => other.replaces?.id === one.id);
}

function forkInstead(turn: Turn, one: Member): void {
  disarmAll(turn, one);
  turn.state = drop(turn.state, one.id);
  fork(turn, { slot: one.slot, generation: turn.state.generation });
  tell(turn, { type: 'restart-in', slot: one.slot, ms: 0 });
}
