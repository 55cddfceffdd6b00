import type { ExitReason } from '../contract/exit-reasons.js';
import { afterReload } from './cluster-phase.js';
import { resumeRetries } from './retry.js';
import { drop, hasEnded, inSlot, isAlive, isCandidate, members, serves, slotNumbers } from './roster.js';
import { answer, fillSlots } from './scale.js';
import { disarmAll, disarmCanary, fork, notify, retire, set, type Turn } from './turn.js';
import type { Member, Reload, Rollback, State } from './types.js';

/** So often the old generation may fail to boot in a slot on the way back, until nobody is kept waiting for it. */
const ROLLBACK_TRIES = 3;

/**
 * Takes a failed reload back, step by step: slots that lost their old worker are refilled with the old generation
 * first, and a new worker goes only when its slot has a ready old one again, so that capacity is kept on the way back
 * too. Ends in one whole generation, the old one.
 */
export function rollBack(turn: Turn): void {
  const reload = turn.state.reload;
  if (!reload?.rollback) return;
  for (const one of members(turn.state)) {
    if (isOnTheWayBack(turn.state, one) && hasEnded(one)) turn.state = drop(turn.state, one.id);
  }
  for (const slot of slotNumbers(Math.max(turn.state.target, reload.targetAfter))) backInSlot(turn, slot, reload);
  if (members(turn.state).some((one) => one.generation !== reload.from)) return;
  set(turn, { phase: afterReload(turn.state), reload: undefined });
  if (reload.rollback.stuck === undefined)
    fail(turn, reload, reload.rollback, `generation ${reload.from} keeps serving`);
  else notify(turn, { type: 'rollback-done', generation: reload.from });
  fillSlots(turn);
  resumeRetries(turn);
}

/** A worker that must leave before a failed reload is taken back: of the new generation, or left by one before it. */
export function isOnTheWayBack({ reload }: State, one: Member): boolean {
  return reload?.rollback !== undefined && one.generation !== reload.from;
}

/**
 * On the way back a worker of the old generation did not boot. It is tried again, by its backoff; but after a few times
 * in a row whoever waits gets an answer.
 */
export function oldBootFailed(turn: Turn, { slot }: Member, reason: ExitReason): void {
  const reload = turn.state.reload;
  if (!reload?.rollback || reload.rollback.stuck !== undefined) return;
  const { rollback } = reload;
  const inARow = (rollback.failures[slot] ?? 0) + 1;
  const isStuck = inARow >= ROLLBACK_TRIES && isHeldByNew(turn.state, slot);
  const failures = { ...rollback.failures, [slot]: inARow };
  const next = { ...reload, rollback: { ...rollback, failures, stuck: isStuck ? slot : undefined } };
  set(turn, { reload: isStuck ? { ...next, request: undefined } : next });
  if (!isStuck) return;
  const held = `generation ${reload.from} does not start any more in slot ${slot} (${reason})`;
  fail(turn, reload, rollback, `${held}: a newer worker serves there until it does, or until another reload`);
  notify(turn, { type: 'rollback-stuck', generation: reload.from, slot, reason });
}

/**
 * On the way back, a newer worker still serves in this slot. Giving the slot up would take that worker too, and with it
 * capacity nobody lost: the old generation is tried until it serves, as often as the backoff lets it.
 */
export function isHeldByNew(state: State, slot: number): boolean {
  return inSlot(state, slot).some((one) => isOnTheWayBack(state, one) && serves(one));
}

/** Another reload takes over where this one found no way back: each slot keeps the one worker that serves in it. */
export function abandonRollback(turn: Turn): void {
  const reload = turn.state.reload;
  if (!reload) return;
  disarmCanary(turn);
  for (const one of members(turn.state)) {
    if (one.generation !== reload.from || !isHeldByNew(turn.state, one.slot)) continue;
    if (isAlive(one)) {
      retire(turn, one, 'reload');
      continue;
    }
    disarmAll(turn, one);
    turn.state = drop(turn.state, one.id);
  }
}

function fail(turn: Turn, { to: generation, request }: Reload, { slot, reason }: Rollback, outcome: string): void {
  notify(turn, { type: 'reload-failed', generation, slot, reason });
  const why = `the new worker in slot ${slot} ended (${reason}); ${outcome}`;
  answer(turn, request, { ok: false, code: 'RELOAD_FAILED', why, reason });
}

function backInSlot(turn: Turn, slot: number, reload: Reload): void {
  const here = inSlot(turn.state, slot);
  const isNew = (one: Member) => one.generation !== reload.from;
  const newer = here.filter((one) => isNew(one) && isAlive(one) && one.phase !== 'draining');
  const older = here.find((one) => !isNew(one) && (isCandidate(one) || hasEnded(one)));
  // Where nothing ever served there is no capacity to keep: the boot goes on, within its limits, when the new are gone.
  const neverReady = turn.state.bootForks !== undefined;
  const isWanted = slot < turn.state.target && !neverReady;
  // The one that has served longest stays until the old generation serves, or has done its work; a slot where one serves is not given up.
  const held = isWanted && !(older && (serves(older) || hasEnded(older))) ? newer.find(serves) : undefined;
  if (isWanted && !older) {
    // `replaces` makes the new worker leave only when the old generation serves in this slot again.
    fork(turn, {
      slot,
      generation: reload.from,
      ...(held && { replaces: { id: held.id, reason: 'rollback' as const } }),
    });
  }
  for (const one of newer) if (one !== held) retire(turn, one, 'rollback');
}
