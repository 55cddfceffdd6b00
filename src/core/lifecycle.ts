import type { Phase } from '../contract/phases.js';
import { drained, endedUninvited, failedBoot, leaves } from './member-exit.js';
import { startNextRecycle } from './recycle.js';
import { canaryAlive, canarySilent, canaryTimeOver, replacementReady } from './reload-table.js';
import { forkAgain } from './restart.js';
import { resumeRetries, retry } from './retry.js';
import { checkAllReady, fillSlots } from './scale.js';
import { memberOf } from './slot-end.js';
import { arm, condemn, disarm, kill, move, notify, set, type Turn } from './turn.js';
import type { Event, Member, TimerKind } from './types.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** What can happen to one member. `timer` is split by its key. */
type MemberEvents = { [K in 'ready' | 'exit' | 'hung' | 'leaving' | 'alive']: Of<K> } & Record<TimerKind, Of<'timer'>>;

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
    alive: ignore,
    boot: bootTimedOut,
    drain: ignore,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    answer: ignore,
    retry: ignore,
  },
  ready: {
    ready: ignore, // a second server that listens
    exit: endedUninvited,
    hung: killHung,
    leaving: leaves,
    alive: canaryAlive,
    boot: ignore, // armed before it became ready, and already in the queue
    drain: ignore,
    backoff: ignore,
    uptime: provenStable,
    canary: canaryTimeOver,
    answer: canarySilent,
    retry: ignore,
  },
  draining: {
    ready: ignore, // was asked to stop while it booted
    exit: drained,
    hung: ignore, // the grace period is the bound
    leaving: ignore, // the first reason wins
    alive: ignore,
    boot: ignore,
    drain: graceOver,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    answer: ignore,
    retry: ignore,
  },
  backoff: {
    ready: ignore,
    exit: ignore,
    hung: ignore,
    leaving: ignore,
    alive: ignore,
    boot: ignore,
    drain: ignore,
    backoff: forkAgain,
    uptime: ignore,
    canary: ignore,
    answer: ignore,
    retry: ignore,
  },
  failed: {
    ready: ignore,
    exit: ignore,
    hung: ignore,
    leaving: ignore,
    alive: ignore,
    boot: ignore,
    drain: ignore,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    answer: ignore,
    retry,
  },
  done: {
    ready: ignore,
    exit: ignore,
    hung: ignore,
    leaving: ignore,
    alive: ignore,
    boot: ignore,
    drain: ignore,
    backoff: ignore,
    uptime: ignore,
    canary: ignore,
    answer: ignore,
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
