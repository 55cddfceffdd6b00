import { leaveOrStop, leaveOver } from './drain-delay.js';
import { LIFECYCLE } from './lifecycle.js';
import { recycle } from './recycle.js';
import { startReload } from './reload.js';
import { member } from './roster.js';
import { fillSlots, scale } from './scale.js';
import type { Turn } from './turn.js';
import type { Decision, Effect, Event, Policy, Stamped, State, TimerKey, TimerKind } from './types.js';

/**
 * The whole of the supervisor's judgement: one state and one event in, the next state and what is to be done out.
 * Pure: the same inputs always give the same answer, so a recorded log of events replays exactly.
 */
export function decide(state: State, event: Stamped): Decision {
  if (state.phase === 'stopped') return [state, lateAnswer(event)];
  const effects: Effect[] = [];
  const turn: Turn = { state, effects, at: event.at, roll: event.roll };
  take(turn, event);
  return [turn.state, effects];
}

/** The state before the first event. */
export function initialState(policy: Policy, workers: number): State {
  return {
    phase: 'running',
    policy,
    target: workers,
    generation: 1,
    lastGeneration: 1,
    nextId: 1,
    members: {},
    slots: {},
    bootForks: 0,
    allReadyOnce: false,
    reload: undefined,
    recycling: [],
    leave: undefined,
    stop: undefined,
  };
}

/** Nobody waits for ever for an answer of a cluster that has ended. */
function lateAnswer(event: Stamped): Effect[] {
  if (!('request' in event) || event.request === undefined) return [];
  const refusal = { ok: false, code: 'STOPPING', why: 'the cluster has ended' } as const;
  return [{ type: 'reply', request: event.request, answer: event.type === 'stop' ? { ok: true } : refusal }];
}

function take(turn: Turn, event: Event): void {
  switch (event.type) {
    case 'start':
      return fillSlots(turn);
    case 'stop':
      return leaveOrStop(turn, event);
    case 'scale':
      return scale(turn, event);
    case 'reload':
      return startReload(turn, event);
    case 'recycle':
      return recycle(turn, event);
    case 'timer':
      return timer(turn, event);
    case 'ready':
      return withMember(turn, event.id, (one) => LIFECYCLE[one.phase].ready(turn, one, event));
    case 'exit':
      return withMember(turn, event.id, (one) => LIFECYCLE[one.phase].exit(turn, one, event));
    case 'hung':
      return withMember(turn, event.id, (one) => LIFECYCLE[one.phase].hung(turn, one, event));
    case 'leaving':
      return withMember(turn, event.id, (one) => LIFECYCLE[one.phase].leaving(turn, one, event));
    case 'alive':
      return withMember(turn, event.id, (one) => LIFECYCLE[one.phase].alive(turn, one, event));
    default:
      return event satisfies never;
  }
}

function timer(turn: Turn, event: Extract<Event, { type: 'timer' }>): void {
  if (event.key === 'leave') return leaveOver(turn);
  const { kind, id } = parseKey(event.key);
  withMember(turn, id, (one) => LIFECYCLE[one.phase][kind](turn, one, event));
}

function parseKey(key: Exclude<TimerKey, 'leave'>): { kind: TimerKind; id: number } {
  const [kind, id] = key.split(':') as [TimerKind, string];
  return { kind, id: Number(id) };
}

/** An event of a worker that was reaped already is late, not wrong. */
function withMember(turn: Turn, id: number, then: (one: NonNullable<ReturnType<typeof member>>) => void): void {
  const one = member(turn.state, id);
  if (one) then(one);
}
