import type { ExitReason } from '../../hooks/types.js';
import { memberOf, slotFailed } from './outcome.js';
import { startNextRecycle } from './recycle.js';
import { advanceReload, canaryProven, newWorkerLost, replacementReady } from './reload.js';
import { BOOT_FORK_BUDGET, judge, NEW_SLOT } from './restart.js';
import { drop, inSlot, isHeir, put } from './roster.js';
import { checkAllReady, fillSlots } from './scale.js';
import { checkStopped } from './stop.js';
import { arm, disarm, disarmAll, fork, GRACE_MARGIN, kill, move, set, type Turn, tell } from './turn.js';
import type { Event, Member, Phase } from './types.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** What can happen to one member. `timer` is split by its key. */
export interface MemberEvents {
  ready: Of<'ready'>;
  exit: Of<'exit'>;
  hung: Of<'hung'>;
  leaving: Of<'leaving'>;
  boot: Of<'timer'>;
  drain: Of<'timer'>;
  backoff: Of<'timer'>;
  uptime: Of<'timer'>;
  canary: Of<'timer'>;
}

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
  },
  draining: {
    ready: ignore, // was told to stop while it booted
    exit: drained,
    hung: ignore, // the grace period is the bound
    leaving: ignore, // the first reason wins
    boot: ignore,
    drain: graceOver,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
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
  },
};

function becomeReady(turn: Turn, one: Member): void {
  disarm(turn, `boot:${one.id}`);
  tell(turn, { type: 'worker-ready', ...memberOf(one), ms: turn.at - one.since });
  const ready = move(turn, one, { phase: 'ready' });
  arm(turn, `uptime:${one.id}`, turn.state.policy.minUptime);
  set(turn, { bootForks: undefined });
  replacementReady(turn, ready);
  fillSlots(turn);
  checkAllReady(turn);
  startNextRecycle(turn);
}

function failedBoot(turn: Turn, one: Member, event: MemberEvents['exit']): void {
  disarm(turn, `boot:${one.id}`);
  ended(turn, one, event, one.reason ?? 'boot-failed');
}

function endedUninvited(turn: Turn, one: Member, event: MemberEvents['exit']): void {
  disarmAll(turn, one);
  ended(turn, one, event, one.reason ?? uninvited(event));
}

function uninvited(event: MemberEvents['exit']): ExitReason {
  if (event.signal !== null) return 'killed';
  return event.code === 0 ? 'app-exit' : 'crash';
}

/** A worker is gone that was not being drained: somebody else must take its place, unless somebody already does. */
function ended(turn: Turn, one: Member, event: MemberEvents['exit'], reason: ExitReason): void {
  tellExit(turn, one, event, reason);
  turn.state = drop(turn.state, one.id);
  if (turn.state.phase === 'stopping') return checkStopped(turn);
  if (newWorkerLost(turn, one, reason)) return;
  const taken = inSlot(turn.state, one.slot).some(isHeir);
  if (!taken && one.slot < turn.state.target) restart(turn, one, reason);
  startNextRecycle(turn);
  advanceReload(turn);
}

function restart(turn: Turn, one: Member, reason: ExitReason): void {
  const { state } = turn;
  const verdict = judge(state.slots[one.slot] ?? NEW_SLOT, state.policy, turn.at, turn.roll, reason);
  set(turn, { slots: { ...state.slots, [one.slot]: verdict.history } });
  const spent = state.bootForks !== undefined && state.bootForks >= BOOT_FORK_BUDGET;
  if (spent || verdict.type === 'give-up') return slotFailed(turn, one);
  if (verdict.delay === 0) {
    fork(turn, { slot: one.slot, generation: state.generation });
    return;
  }
  const id = state.nextId;
  const waiting: Member = { id, slot: one.slot, generation: state.generation, phase: 'backoff', since: turn.at };
  turn.state = put({ ...turn.state, nextId: id + 1 }, waiting);
  arm(turn, `backoff:${id}`, verdict.delay);
  tell(turn, { type: 'restart-in', slot: one.slot, ms: verdict.delay });
}

function forkAgain(turn: Turn, one: Member): void {
  turn.state = drop(turn.state, one.id);
  fork(turn, { slot: one.slot, generation: one.generation });
}

function bootTimedOut(turn: Turn, one: Member): void {
  move(turn, one, { reason: one.reason ?? 'boot-timeout' });
  kill(turn, one, 'boot-timeout');
}

function killHung(turn: Turn, one: Member): void {
  move(turn, one, { reason: one.reason ?? 'hang' });
  kill(turn, one, 'hang');
}

/** It stops by itself (a signal of its own, its primary's channel closed): give it the same grace period. */
function leaves(turn: Turn, one: Member, event: MemberEvents['leaving']): void {
  const { drainTimeout, flushTimeout } = turn.state.policy;
  disarmAll(turn, one);
  move(turn, one, { phase: 'draining', reason: one.reason ?? event.reason });
  arm(turn, `drain:${one.id}`, drainTimeout + flushTimeout + GRACE_MARGIN);
}

function drained(turn: Turn, one: Member, event: MemberEvents['exit']): void {
  disarm(turn, `drain:${one.id}`);
  tellExit(turn, one, event, one.reason ?? 'stop');
  turn.state = drop(turn.state, one.id);
  if (turn.state.phase === 'stopping') return checkStopped(turn);
  if (newWorkerLost(turn, one, one.reason ?? 'stop')) return;
  fillSlots(turn);
  startNextRecycle(turn);
  advanceReload(turn);
}

function graceOver(turn: Turn, one: Member): void {
  kill(turn, one, 'drain-timeout');
}

function provenStable(turn: Turn, one: Member): void {
  const history = turn.state.slots[one.slot];
  if (history === undefined || history.failures === 0) return;
  set(turn, { slots: { ...turn.state.slots, [one.slot]: { ...history, failures: 0 } } });
}

function tellExit(turn: Turn, one: Member, event: MemberEvents['exit'], reason: ExitReason): void {
  const { code, signal } = event;
  tell(turn, { type: 'worker-exit', ...memberOf(one), code, signal, reason, ms: turn.at - one.since });
}
