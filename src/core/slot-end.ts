import type { ExitReason } from '../contract/exit-reasons.js';
import { endLeave } from './drain-delay.js';
import { armRetry } from './retry.js';
import { isAlive, isCandidate, members, NEW_SLOT } from './roster.js';
import { EXIT_CRASH_LOOP } from './stop.js';
import { disarmAll, enter, notify, set, type Turn } from './turn.js';
import type { Member } from './types.js';

/** The slot is given up, until a reload, somebody who restarts it by hand, or its next try. */
export function slotFailed(turn: Turn, { slot, generation }: Pick<Member, 'slot' | 'generation'>): void {
  const history = turn.state.slots[slot] ?? NEW_SLOT;
  set(turn, { slots: { ...turn.state.slots, [slot]: { ...history, givenUp: history.givenUp + 1 } } });
  const retry = armRetry(turn, enter(turn, { slot, generation, phase: 'failed' }));
  if (turn.state.bootForks !== undefined) return; // reported once, for all slots, by `never-ready`
  const restarts = history.restarts.length;
  notify(turn, { type: 'slot-failed', slot, restarts, window: turn.state.policy.restartWindow, retry });
}

/** The worker of a slot has ended by itself and is not to be restarted, until a reload or somebody does it by hand. */
export function slotEnded(turn: Turn, one: Member, outcome: 'done' | 'failed', lastReason: ExitReason): void {
  const { slot, generation } = one;
  const history = turn.state.slots[slot] ?? NEW_SLOT;
  set(turn, { slots: { ...turn.state.slots, [slot]: { ...history, lastReason } } });
  enter(turn, { slot, generation, phase: outcome });
  notify(turn, { type: 'slot-ended', slot, outcome });
}

/**
 * When no slot is left that serves or will, and the last process is reaped, the cluster ends too: its work is done, or
 * it is given up. It lingers where something may start workers again.
 */
export function checkGivenUp(turn: Turn): void {
  const { phase, bootForks, policy } = turn.state;
  const all = members(turn.state);
  if (phase === 'stopped' || all.some((one) => isCandidate(one) || isAlive(one))) return;
  const failed = all.filter((one) => one.phase === 'failed').length;
  const hasEnded = all.length > 0 && (failed === 0 || policy.restart === 'never');
  if (hasEnded) notify(turn, { type: 'all-ended', failed });
  else notify(turn, bootForks === undefined ? { type: 'crash-loop' } : { type: 'never-ready', forks: bootForks });
  if (policy.lingers === 'failed' || (policy.lingers === 'ended' && hasEnded))
    return notify(turn, { type: 'lingering' });
  for (const one of all) disarmAll(turn, one);
  for (const request of endLeave(turn)) turn.effects.push({ type: 'reply', request, answer: { ok: true } });
  set(turn, { phase: 'stopped' });
  turn.effects.push({ type: 'exit', code: hasEnded ? Number(failed > 0) : EXIT_CRASH_LOOP });
}

/** The part of a member that notifications carry. */
export function memberOf(one: Member): { slot: number; id: number; generation: number } {
  return { slot: one.slot, id: one.id, generation: one.generation };
}
