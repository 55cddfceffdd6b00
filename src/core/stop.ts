import type { StopLevel } from './notifications.js';
import { drop, isAlive, members } from './roster.js';
import { disarmAll, disarmCanary, discardPrepared, kill, notify, order, retire, set, type Turn } from './turn.js';
import type { Event, Member, StopState } from './types.js';

/** Exit codes the core decides on; the table of all is in errors.ts. */
export const EXIT_CRASH_LOOP = 70;
const EXIT_FORCED = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Two signals of one kind this close together, in milliseconds, are one: a terminal's Ctrl-C or timeout(1) signals the
 * whole process group, and npm or another wrapper in that group passes its own on.
 */
const ONE_SIGNAL = 250;
/** A quick stop still flushes, but that long at most, in milliseconds. */
const QUICK_FLUSH = 1_000;

export type StopEvent = Extract<Event, { type: 'stop' }>;

/**
 * First call graceful, second quick (no drain, a short flush), third SIGKILL. A `quick` one starts at quick.
 *
 * @param waiting requests that wait for the end already
 */
export function stop(turn: Turn, event: StopEvent, waiting: readonly number[] = []): void {
  const before = turn.state.stop;
  const requests = [...(before?.requests ?? waiting), ...(event.request === undefined ? [] : [event.request])];
  if (before && !addsUrgency(turn, before, event)) return set(turn, { stop: { ...before, requests } });
  const level = nextLevel(before, event);
  const code = level === 1 ? 0 : event.signal === 'SIGINT' ? EXIT_FORCED.SIGINT : EXIT_FORCED.SIGTERM;
  set(turn, { phase: 'stopping', stop: { signal: event.signal, since: turn.at, level, code, requests } });
  const alive = members(turn.state).filter(isAlive);
  notify(turn, { type: 'stopping', signal: event.signal, level, workers: alive.length });
  if (!before) {
    abandonPlans(turn);
    turn.effects.push({ type: 'let-go-of-ports' });
  }
  for (const one of alive) ORDERS[level](turn, one);
  checkStopped(turn);
}

/** What becomes of a live worker at each level. */
const ORDERS: Readonly<Record<StopLevel, (turn: Turn, one: Member) => void>> = {
  1: leave,
  2: hurry,
  3: (turn, one) => kill(turn, one, 'forced'),
};

/** Ends the cluster when its last process is reaped. */
export function checkStopped(turn: Turn): void {
  const { stop: stopping, members: all } = turn.state;
  if (!stopping || turn.state.phase === 'stopped' || Object.values(all).some(isAlive)) return;
  set(turn, { phase: 'stopped' });
  notify(turn, { type: 'stopped', code: stopping.code });
  for (const request of stopping.requests) turn.effects.push({ type: 'reply', request, answer: { ok: true } });
  turn.effects.push({ type: 'exit', code: stopping.code });
}

const NEXT_LEVEL: Readonly<Record<0 | StopLevel, StopLevel>> = { 0: 1, 1: 2, 2: 3, 3: 3 };

function nextLevel(before: StopState | undefined, event: StopEvent): StopLevel {
  const level = NEXT_LEVEL[before?.level ?? 0];
  return event.quick && level === 1 ? 2 : level;
}

/** A repeated signal is somebody losing patience; a request that repeats a stop only wants to hear of its end. */
export function addsUrgency(
  turn: Turn,
  before: { readonly signal: string | undefined; readonly since: number },
  event: StopEvent,
): boolean {
  if (event.request !== undefined) return event.quick === true;
  const samePress = event.signal !== undefined && event.signal === before.signal && turn.at - before.since < ONE_SIGNAL;
  return !samePress;
}

/** What was planned will not happen: nobody waits for a fork or an answer for ever. */
function abandonPlans(turn: Turn): void {
  const request = turn.state.reload?.request;
  if (request !== undefined) {
    turn.effects.push({
      type: 'reply',
      request,
      answer: { ok: false, code: 'STOPPING', why: 'the cluster was stopped during the reload' },
    });
  }
  for (const one of members(turn.state)) {
    if (isAlive(one)) continue;
    disarmAll(turn, one);
    turn.state = drop(turn.state, one.id);
  }
  disarmCanary(turn);
  discardPrepared(turn);
  set(turn, { reload: undefined, recycling: [] });
}

/** One that drains already for a successor learns that none takes its connections any more. Its time stays as it is. */
function leave(turn: Turn, one: Member): void {
  if (one.phase !== 'draining') return retire(turn, one, 'stop');
  const { drainTimeout: drain, flushTimeout: flush } = turn.state.policy;
  turn.effects.push({ type: 'retire', id: one.id, reason: 'stop', drain, flush, successors: [] });
}

function hurry(turn: Turn, one: Member): void {
  order(turn, one, 'stop', { drain: 0, flush: Math.min(QUICK_FLUSH, turn.state.policy.flushTimeout) });
}
