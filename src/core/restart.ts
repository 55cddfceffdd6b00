import type { ExitReason } from '../contract/exit-reasons.js';
import { backoffDelay } from './backoff.js';
import { isBootBudgetSpent } from './boot-budget.js';
import { isEnding } from './cluster-phase.js';
import { isHeldByNew, isOnTheWayBack } from './rollback.js';
import { drop, hasEnded, inSlot, isCandidate, NEW_SLOT } from './roster.js';
import { checkGivenUp, slotFailed } from './slot-end.js';
import { arm, enter, fork, launch, move, notify, set, type Turn } from './turn.js';
import type { Member, Policy, SlotHistory, State } from './types.js';

/** Forks the next worker of a slot that has lost one, at once or later, or gives the slot up. */
export function restart(turn: Turn, one: Member, reason: ExitReason): void {
  const { state } = turn;
  if (!isVacant(state, one)) return;
  const limits = isHeldByNew(state, one.slot)
    ? { ...state.policy, maxRestarts: Number.POSITIVE_INFINITY }
    : state.policy;
  const verdict = judge(state.slots[one.slot] ?? NEW_SLOT, limits, turn.at, turn.roll, reason);
  set(turn, { slots: { ...state.slots, [one.slot]: verdict.history } });
  const { slot } = one;
  const { generation } = state;
  if (isBootBudgetSpent(state) || verdict.type === 'give-up') return slotFailed(turn, { slot, generation });
  if (verdict.delay === 0) {
    fork(turn, { slot, generation });
    return;
  }
  const waiting = enter(turn, { slot, generation, phase: 'backoff' });
  arm(turn, `backoff:${waiting.id}`, verdict.delay);
  notify(turn, { type: 'restart-in', slot, ms: verdict.delay });
}

/** Whether the slot of a worker that was lost is without one now, and is to have one. */
export function isVacant(state: State, { slot, generation }: Member): boolean {
  const { reload } = state;
  const isNew = generation === reload?.to;
  if (isEnding(state) || slot >= (isNew ? reload.targetAfter : state.target)) return false;
  // To the new generation the old one's worker is none. On the way back the new worker in this slot is no successor: it
  // waits for this one's successor.
  const counts = (one: Member) => (isNew ? one.generation === generation : !isOnTheWayBack(state, one));
  return !inSlot(state, slot).some((one) => (isCandidate(one) || hasEnded(one)) && counts(one));
}

/** The backoff of a slot is over. Its member keeps its number, for whoever is to replace it. */
export function forkAgain(turn: Turn, one: Member): void {
  if (!isBootBudgetSpent(turn.state)) return launch(turn, move(turn, one, { phase: 'starting' }));
  turn.state = drop(turn.state, one.id);
  slotFailed(turn, one);
  checkGivenUp(turn);
}

/** The verdict on a worker that ended uninvited: wait that long and fork again, or give the slot up. */
type Verdict =
  | { readonly type: 'restart'; readonly delay: number; readonly history: SlotHistory }
  | { readonly type: 'give-up'; readonly history: SlotHistory };

/**
 * More than `maxRestarts` restarts within `restartWindow` is a crash loop; a slot that was given up has one try each time,
 * until a worker of it has proven stable. That the system refuses a process is none: it is tried again, by its backoff, until
 * there is one. Times in milliseconds.
 */
function judge(history: SlotHistory, policy: Policy, at: number, roll: number, reason: ExitReason): Verdict {
  const recent = history.restarts.filter((time) => at - time < policy.restartWindow);
  const failures = history.failures + 1;
  const next = { failures, total: history.total + 1, givenUp: history.givenUp, lastReason: reason };
  if (reason === 'fork-failed') {
    return {
      type: 'restart',
      delay: backoffDelay(policy.backoff, failures, roll),
      history: { ...next, restarts: recent },
    };
  }
  if (recent.length >= policy.maxRestarts || history.givenUp > 0) {
    return { type: 'give-up', history: { ...next, total: history.total, restarts: recent } };
  }
  const delay = backoffDelay(policy.backoff, failures, roll);
  return { type: 'restart', delay, history: { ...next, restarts: [...recent, at] } };
}
