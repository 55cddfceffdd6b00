import { fillsSlots } from './cluster-phase.js';
import { count, members, put, serves } from './roster.js';
import { arm, launch, move, notify, set, type Turn } from './turn.js';
import type { Member, Policy, SlotHistory, State } from './types.js';

/** The longest wait before a slot that was given up is tried again, in milliseconds, but for a longer restart window. */
const LONGEST_RETRY = 10 * 60_000;

/**
 * A slot that is given up is tried again, once each time, while another worker shows that the app can run: what was
 * missing (a folder during an install, a port, memory) may be back. The first wait is the restart window, then it doubles.
 *
 * @returns the wait in milliseconds
 */
export function armRetry(turn: Turn, one: Member): number {
  const delay = retryDelay(turn.state.policy, turn.state.slots[one.slot]?.givenUp ?? 1);
  turn.state = put(turn.state, { ...one, retry: 'armed' });
  arm(turn, `retry:${one.id}`, delay);
  return delay;
}

/** @param givenUp how often in a row (1 or more) */
function retryDelay({ restartWindow, backoff }: Policy, givenUp: number): number {
  const first = Math.max(restartWindow, backoff.max);
  return Math.max(first, Math.min(LONGEST_RETRY, first * 2 ** Math.min(givenUp - 1, 30)));
}

/** The wait of a slot that was given up is over. One slot is tried at a time: they failed together, perhaps for one reason. */
export function retry(turn: Turn, one: Member): void {
  if (one.retry !== 'armed') return; // it was in the queue already
  if (!appRuns(turn.state)) {
    turn.state = put(turn.state, { ...one, retry: 'waits' });
    return;
  }
  if (count(turn.state, 'starting') > 0) return arm(turn, `retry:${one.id}`, turn.state.policy.minUptime);
  const { [one.slot]: history, ...others } = turn.state.slots;
  if (history) set(turn, { slots: { ...others, [one.slot]: { ...history, total: history.total + 1 } } });
  notify(turn, { type: 'slot-retried', slot: one.slot });
  const { retry: _over, ...rest } = one;
  launch(turn, move(turn, rest, { phase: 'starting' }));
}

/** What has waited for somebody who serves, waits on by the clock. Safe to call after any change. */
export function resumeRetries(turn: Turn): void {
  if (!appRuns(turn.state)) return;
  for (const one of members(turn.state)) if (one.retry === 'waits') armRetry(turn, one);
}

function appRuns(state: State): boolean {
  return fillsSlots(state) && members(state).some(serves);
}

/** Nothing is held against the slot any more. */
export function forgiven(history: SlotHistory): SlotHistory {
  return { ...history, failures: 0, restarts: [], givenUp: 0 };
}
