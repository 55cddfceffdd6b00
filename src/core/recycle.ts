import { fillsSlots, refusalOf } from './cluster-phase.js';
import { forgiven } from './retry.js';
import { drop, isAlive, member, members, NEW_SLOT, serves } from './roster.js';
import { answer } from './scale.js';
import { disarmAll, fork, set, type Turn } from './turn.js';
import type { Event, Member } from './types.js';

/**
 * Plans the replacement of one worker: the new one ready first, then the old one drained; one slot at a time, so that
 * workers of one age never leave together. A slot that waits or has failed is simply forked at once.
 */
export function recycle(turn: Turn, event: Extract<Event, { type: 'recycle' }>): void {
  const one = turn.state.members[event.id];
  const refusal = refusalOf(turn.state);
  if (refusal) return answer(turn, event.request, refusal);
  if (!one || one.phase === 'draining') {
    return answer(turn, event.request, { ok: false, code: 'BAD_REQUEST', why: 'that worker is leaving already' });
  }
  answer(turn, event.request, { ok: true });
  if (!isAlive(one)) return forkInstead(turn, one);
  if (turn.state.recycling.some(({ id }) => id === one.id) || isReplaced(turn, one)) return;
  set(turn, { recycling: [...turn.state.recycling, { id: one.id, reason: event.reason }] });
  startNextRecycle(turn);
}

/** Starts the next planned replacement when none is under way: the one before is over when its old worker is gone. */
export function startNextRecycle(turn: Turn): void {
  const { recycling } = turn.state;
  const busy = (one: Member) => one.phase === 'starting' || isReplaced(turn, one);
  if (!fillsSlots(turn.state) || members(turn.state).some(busy)) return;
  const [next, ...rest] = recycling;
  if (!next) return;
  set(turn, { recycling: rest });
  const old = member(turn.state, next.id);
  if (!old || !serves(old)) return startNextRecycle(turn); // ended meanwhile: its successor is young
  fork(turn, { slot: old.slot, generation: old.generation, replaces: { id: old.id, reason: next.reason } });
}

function isReplaced(turn: Turn, one: Member): boolean {
  return members(turn.state).some((other) => other.replaces?.id === one.id);
}

/** Whoever restarts a slot by hand gives it a new chance: its record is clean again. */
function forkInstead(turn: Turn, one: Member): void {
  disarmAll(turn, one);
  turn.state = drop(turn.state, one.id);
  const { slots, generation } = turn.state;
  set(turn, { slots: { ...slots, [one.slot]: forgiven(slots[one.slot] ?? NEW_SLOT) } });
  fork(turn, { slot: one.slot, generation });
}
