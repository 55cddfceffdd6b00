import { drop, hasEnded, inSlot, isAlive, isHeir, members, serves, slotNumbers } from './roster.js';
import { answer, checkAllReady, fillSlots } from './scale.js';
import { fork, retire, set, type Turn, tell } from './turn.js';
import type { Member, Reload } from './types.js';

/**
 * Takes a failed reload back, step by step: slots that lost their old worker are refilled with the old generation
 * first, and a new worker goes only when its slot has a ready old one again, so that capacity is kept on the way back
 * too. Ends in one whole generation, the old one.
 */
export function rollBack(turn: Turn): void {
  const reload = turn.state.reload;
  if (!reload?.rollback) return;
  for (const one of members(turn.state)) {
    if (one.generation === reload.to && hasEnded(one)) turn.state = drop(turn.state, one.id);
  }
  for (const slot of slotNumbers(Math.max(turn.state.target, reload.targetAfter))) backInSlot(turn, slot, reload);
  if (members(turn.state).some((one) => one.generation === reload.to)) return;
  set(turn, { phase: 'running', reload: undefined });
  const { slot, reason } = reload.rollback;
  tell(turn, { type: 'reload-failed', generation: reload.to, slot, reason });
  const why = `the new worker in slot ${slot} ended (${reason}); generation ${reload.from} keeps serving`;
  answer(turn, reload.request, { ok: false, code: 'RELOAD_FAILED', why });
  fillSlots(turn);
  checkAllReady(turn);
}

function backInSlot(turn: Turn, slot: number, reload: Reload): void {
  const here = inSlot(turn.state, slot);
  const isNew = (one: Member) => one.generation === reload.to;
  const newer = here.find((one) => isNew(one) && isAlive(one) && one.phase !== 'draining');
  const older = here.find((one) => !isNew(one) && (isHeir(one) || hasEnded(one)));
  // Where nothing ever served there is no capacity to keep: the boot goes on, within its limits, when the new are gone.
  const neverReady = turn.state.bootForks !== undefined;
  if (slot >= turn.state.target || neverReady) {
    if (newer) retire(turn, newer, 'rollback');
    return;
  }
  if (!older) {
    // `replaces` makes the new worker leave only when the old generation serves in this slot again.
    fork(turn, {
      slot,
      generation: reload.from,
      ...(newer && { replaces: { id: newer.id, reason: 'rollback' as const } }),
    });
    return;
  }
  // Nothing to wait for: the old one serves or has done its work, or the new one does not serve. A slot where a new one serves is not given up.
  if (newer && (serves(older) || older.phase === 'done' || !serves(newer))) retire(turn, newer, 'rollback');
}
