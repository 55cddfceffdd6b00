import type { ExitReason } from '../contract/exit-reasons.js';
import { mayBeDone, type Outcome, outcomeOf } from './exit-outcome.js';
import { startNextRecycle } from './recycle.js';
import { advanceReload, newWorkerDone, newWorkerLost } from './reload-table.js';
import { isVacant, restart } from './restart.js';
import { oldBootFailed } from './rollback.js';
import { drop, member, put } from './roster.js';
import { checkAllReady, fillSlots } from './scale.js';
import { checkGivenUp, memberOf, slotEnded } from './slot-end.js';
import { checkStopped } from './stop.js';
import { beginDrain, disarmAll, notify, set, type Turn } from './turn.js';
import type { Event, Member } from './types.js';

type ExitEvent = Extract<Event, { type: 'exit' }>;
type LeavingEvent = Extract<Event, { type: 'leaving' }>;

export function failedBoot(turn: Turn, one: Member, event: ExitEvent): void {
  const isDone = outcomeOf(turn.state.policy, event) === 'done';
  const failure = event.unstarted ? 'fork-failed' : 'boot-failed';
  ended(turn, one, event, one.reason ?? (isDone || event.outOfMemory ? uninvited(event) : failure));
}

export function endedUninvited(turn: Turn, one: Member, event: ExitEvent): void {
  ended(turn, one, event, one.reason ?? uninvited(event));
}

function uninvited(event: ExitEvent): ExitReason {
  if (event.outOfMemory) return 'out-of-memory';
  if (event.signal !== null) return 'killed';
  return event.code === 0 ? 'app-exit' : 'crash';
}

/**
 * It stops by itself, on a signal of its own: the same grace period, and somebody else takes its place now, under the
 * limits of any restart. Its exit is then that of any drained worker. Where such an end may be the last one of its slot
 * the place is kept until its exit code is known.
 */
export function leaves(turn: Turn, one: Member, event: LeavingEvent): void {
  const { drainTimeout: drain, flushTimeout: flush } = turn.state.policy;
  beginDrain(turn, one, event.reason, { drain, flush });
  const leaving = member(turn.state, one.id);
  const { policy, reload } = turn.state;
  if (leaving && mayBeDone(policy) && one.generation !== reload?.to)
    turn.state = put(turn.state, { ...leaving, keepsPlace: true });
  else replace(turn, one, one.reason ?? event.reason);
}

export function drained(turn: Turn, one: Member, event: ExitEvent): void {
  const reason = one.reason ?? 'stop';
  if (one.keepsPlace) return ended(turn, one, event, reason);
  gone(turn, one, event, reason);
  settle(turn);
  checkEnd(turn);
}

function gone(turn: Turn, one: Member, { code, signal }: ExitEvent, reason: ExitReason, outcome?: Outcome): void {
  disarmAll(turn, one);
  const ms = turn.at - one.since;
  const done = outcome === 'done' && { done: true as const };
  notify(turn, { type: 'worker-exit', ...memberOf(one), code, signal, reason, ms, ...done });
  turn.state = drop(turn.state, one.id);
}

/** It failed us, whatever code it ended with before the signal came. */
const isCondemned = ({ reason }: Member): boolean => reason === 'hang' || reason === 'boot-timeout';
const KILLED = { code: null, signal: 'SIGKILL' };

/** A worker has ended that nobody retired: another one follows, or its slot has ended too. */
function ended(turn: Turn, one: Member, event: ExitEvent, reason: ExitReason): void {
  const outcome = outcomeOf(turn.state.policy, isCondemned(one) ? KILLED : event);
  gone(turn, one, event, reason, outcome);
  if (one.phase === 'starting' && outcome !== 'done') oldBootFailed(turn, one, reason);
  switch (outcome) {
    case 'again':
      return replace(turn, one, reason);
    case 'failed':
      if (newWorkerLost(turn, one, reason)) return checkEnd(turn);
      if (isVacant(turn.state, one)) slotEnded(turn, one, outcome, reason);
      break;
    case 'done':
      if (!newWorkerDone(turn, one)) return checkEnd(turn);
      if (isVacant(turn.state, one)) slotEnded(turn, one, outcome, reason);
      set(turn, { bootForks: undefined }); // the app can boot
      break;
    default:
      return outcome satisfies never;
  }
  fillSlots(turn);
  checkAllReady(turn);
  settle(turn);
  checkEnd(turn);
}

/** A worker is lost that nobody retired. */
function replace(turn: Turn, one: Member, reason: ExitReason): void {
  if (!newWorkerLost(turn, one, reason)) {
    restart(turn, one, reason);
    settle(turn);
  }
  checkEnd(turn);
}

/** What waited for the roster to change takes its next step. */
function settle(turn: Turn): void {
  startNextRecycle(turn);
  advanceReload(turn);
}

function checkEnd(turn: Turn): void {
  checkStopped(turn);
  checkGivenUp(turn);
}
