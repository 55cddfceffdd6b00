import { isAlive, isHeir, members } from './roster.js';
import { EXIT_CRASH_LOOP } from './stop.js';
import { enter, set, type Turn, tell } from './turn.js';
import type { Member } from './types.js';

/** The slot is given up, until a reload, or somebody who restarts it by hand. */
export function slotFailed(turn: Turn, { slot, generation }: Pick<Member, 'slot' | 'generation'>): void {
  enter(turn, { slot, generation, phase: 'failed' });
  if (turn.state.bootForks !== undefined) return; // told once, for all slots, by `never-ready`
  const restarts = turn.state.slots[slot]?.restarts.length ?? 0;
  tell(turn, { type: 'slot-failed', slot, restarts, window: turn.state.policy.restartWindow });
}

/** When no slot is left that serves or will, and the last process is reaped, the cluster is given up too. */
export function checkGivenUp(turn: Turn): void {
  const { phase, bootForks } = turn.state;
  if (phase === 'stopped' || members(turn.state).some((one) => isHeir(one) || isAlive(one))) return;
  tell(turn, bootForks === undefined ? { type: 'crash-loop' } : { type: 'never-ready', forks: bootForks });
  set(turn, { phase: 'stopped' });
  turn.effects.push({ type: 'exit', code: EXIT_CRASH_LOOP });
}

/** The part of a member that news carry. */
export function memberOf(one: Member): { slot: number; id: number; generation: number } {
  return { slot: one.slot, id: one.id, generation: one.generation };
}
