import type { ExitReason } from '../contract/exit-reasons.js';
import type { Phase } from '../contract/phases.js';
import { mayBeDone, type Outcome, outcomeOf } from './exit-outcome.js';
import { startNextRecycle } from './recycle.js';
import { advanceReload, canaryProven, newWorkerDone, newWorkerLost, replacementReady } from './reload-table.js';
import { forkAgain, isVacant, restart } from './restart.js';
import { resumeRetries, retry } from './retry.js';
import { oldBootFailed } from './rollback.js';
import { drop, member, put } from './roster.js';
import { checkAllReady, fillSlots } from './scale.js';
import { checkGivenUp, memberOf, slotEnded } from './slot-end.js';
import { checkStopped } from './stop.js';
import { arm, beginDrain, condemn, disarm, disarmAll, kill, move, notify, set, type Turn } from './turn.js';
import type { Event, Member, TimerKind } from './types.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** What can happen to one member. `timer` is split by its key. */
type MemberEvents = { [K in 'ready' | 'exit' | 'hung' | 'leaving']: Of<K> } & Record<TimerKind, Of<'timer'>>;

type Handler<K extends keyof MemberEvents> = (turn: Turn, one: Member, event: MemberEvents[K]) => void;
type Row = { [K in keyof MemberEvents]: Handler<K> };

/** Written out, so that a cell nobody thought of does not compile. */
const ignore = (): void => undefined;

/** The life of a worker: every phase x every event. Keyed by name, checked by the compiler. */
export const LIFECYCLE: Record<Phase, Row> = {
  starting: {
    ready: becomeReady,
    exit: failedBoot,
    hung: ignore, // the boot timeout is the bound for a worker that is not ready yet
    leaving: leaves,
    boot: bootTimedOut,
    drain: ignore,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    retry: ignore,
  },
  ready: {
    ready: ignore, // a second server that listens
    exit: endedUninvited,
    hung: killHung,
    leaving: leaves,
    boot: ignore, // armed before it became ready, and already in the queue
    drain: ignore,
    backoff: ignore,
    uptime: provenStable,
    canary: canaryProven,
    retry: ignore,
  },
  draining: {
    ready: ignore, // was asked to stop while it booted
    exit: drained,
    hung: ignore, // the grace period is the bound
    leaving: ignore, // the first reason wins
    boot: ignore,
    drain: graceOver,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    retry: ignore,
  },
  backoff: {
    ready: ignore,
    exit: ignore,
    hung: ignore,
    leaving: ignore,
    boot: ignore,
    drain: ignore,
    backoff: forkAgain,
    uptime: ignore,
    canary: ignore,
    retry: ignore,
  },
  failed: {
    ready: ignore,
    exit: ignore,
    hung: ignore,
    leaving: ignore,
    boot: ignore,
    drain: ignore,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    retry,
  },
  done: {
    ready: ignore,
    exit: ignore,
    hung: ignore,
    leaving: ignore,
    boot: ignore,
    drain: ignore,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    retry: ignore,
  },
};

function becomeReady(turn: Turn, one: Member): void {
  if (one.reason !== undefined) return; // killed by its boot timeout already: nobody may count on it
  disarm(turn, `boot:${one.id}`);
  notify(turn, { type: 'worker-ready', ...memberOf(one), ms: turn.at - one.since });
  const ready = move(turn, one, { phase: 'ready' });
  arm(turn, `uptime:${one.id}`, turn.state.policy.minUptime);
  set(turn, { bootForks: undefined });
  replacementReady(turn, ready);
  fillSlots(turn);
  checkAllReady(turn);
  startNextRecycle(turn);
  resumeRetries(turn);
}

function failedBoot(turn: Turn, one: Member, event: MemberEvents['exit']): void {
  const isDone = outcomeOf(turn.state.policy, event) === 'done';
  const failure = event.unstarted ? 'fork-failed' : 'boot-failed';
  ended(turn, one, event, one.reason ?? (isDone || event.outOfMemory ? uninvited(event) : failure));
}

function endedUninvited(turn: Turn, one: Member, event: MemberEvents['exit']): void {
  ended(turn, one, event, one.reason ?? uninvited(event));
}

function uninvited(event: MemberEvents['exit']): ExitReason {
  if (event.outOfMemory) return 'out-of-memory';
  if (event.signal !== null) return 'killed';
  return event.code === 0 ? 'app-exit' : 'crash';
}

/**
 * It stops by itself, on a signal of its own: the same grace period, and somebody else takes its place now, under the
 * limits of any restart. Its exit is then that of any drained worker. Where such an end may be the last one of its slot
 * the place is kept until its exit code is known.
 */
function leaves(turn: Turn, one: Member, event: MemberEvents['leaving']): void {
  const { drainTimeout: drain, flushTimeout: flush } = turn.state.policy;
  beginDrain(turn, one, event.reason, { drain, flush });
  const leaving = member(turn.state, one.id);
  const { policy, reload } = turn.state;
  if (leaving && mayBeDone(policy) && one.generation !== reload?.to)
    turn.state = put(turn.state, { ...leaving, keepsPlace: true });
  else replace(turn, one, one.reason ?? event.reason);
}

function drained(turn: Turn, one: Member, event: MemberEvents['exit']): void {
  const reason = one.reason ?? 'stop';
  if (one.keepsPlace) return ended(turn, one, event, reason);
  gone(turn, one, event, reason);
  if (!newWorkerLost(turn, one, reason)) settle(turn);
  checkEnd(turn);
}

function gone(
  turn: Turn,
  one: Member,
  { code, signal }: MemberEvents['exit'],
  reason: ExitReason,
  outcome?: Outcome,
): void {
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
function ended(turn: Turn, one: Member, event: MemberEvents['exit'], reason: ExitReason): void {
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

function bootTimedOut(turn: Turn, one: Member): void {
  condemn(turn, one, 'boot-timeout');
}

function killHung(turn: Turn, one: Member): void {
  condemn(turn, one, 'hang');
}

function graceOver(turn: Turn, one: Member): void {
  kill(turn, one, 'drain-timeout');
}

function provenStable(turn: Turn, one: Member): void {
  const history = turn.state.slots[one.slot];
  if (history === undefined || history.failures === 0) return;
  const proven = { ...history, failures: 0, givenUp: 0 };
  set(turn, { slots: { ...turn.state.slots, [one.slot]: proven } });
}
