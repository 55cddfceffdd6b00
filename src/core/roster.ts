import { PHASE_TRAITS, type Phase } from '../contract/phases.js';
import { isEnding } from './cluster-phase.js';
import type { Successor } from './moves.js';
import type { Member, SlotHistory, State } from './types.js';

/** What is known of a slot before its first worker has ended. */
export const NEW_SLOT: SlotHistory = { failures: 0, restarts: [], total: 0, givenUp: 0 };

/** All members, oldest fork first. */
export function members(state: State): Member[] {
  return Object.values(state.members);
}

export function member(state: State, id: number): Member | undefined {
  return state.members[id];
}

export function inSlot(state: State, slot: number): Member[] {
  return members(state).filter((one) => one.slot === slot);
}

export function count(state: State, phase: Phase): number {
  return members(state).filter((one) => one.phase === phase).length;
}

/** Has a process: forked and not yet reaped. */
export function isAlive(one: Member): boolean {
  return PHASE_TRAITS[one.phase].alive;
}

/** Takes requests: ready, and not killed for hanging. */
export function serves(one: Member): boolean {
  return one.phase === 'ready' && one.reason === undefined;
}

/** Its slot counts on it: it serves, or will. */
export function isCandidate(one: Member): boolean {
  return PHASE_TRAITS[one.phase].candidate;
}

/** It has no process and will not get one by itself. */
export function hasEnded(one: Member): boolean {
  return !isAlive(one) && !isCandidate(one);
}

export function put(state: State, one: Member): State {
  return { ...state, members: { ...state.members, [one.id]: one } };
}

export function drop(state: State, id: number): State {
  const { [id]: _gone, ...rest } = state.members;
  return { ...state, members: rest };
}

/** The slots that should exist: 0..target-1. */
export function slotNumbers(target: number): number[] {
  return Array.from({ length: target }, (_, slot) => slot);
}

/** Who could take the connections of a worker that leaves: nobody when all do. */
export function successorsOf(state: State, leaving: Member): Successor[] {
  if (!state.policy.moveConnections || isEnding(state)) return [];
  const others = members(state).filter((one) => one.id !== leaving.id && serves(one));
  return others.map(({ id, generation }) => ({ id, generation }));
}

/** Who could take something over: the ready first, then those on their way out; of each the youngest, who lives longest. */
export function candidates(state: State): Member[] {
  const youngest = members(state).toReversed();
  return [...youngest.filter(serves), ...youngest.filter(({ phase }) => phase === 'draining')];
}
