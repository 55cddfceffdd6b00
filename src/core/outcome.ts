import { isAlive, isHeir, members, put } from './roster.js';
import { EXIT_CRASH_LOOP } from './stop.js';
import { set, type Turn, tell } from './turn.js';
import type { Member } from './types.js';

/** The slot is given up. When no slot is left that serves or will, so is the cluster. */
export function slotFailed(turn: Turn, one: Member): void {
  const id = turn.state.nextId;
  const failed: Member = { id, slot: one.slot, generation: one.generation, phase: 'failed', since: turn.at };
  turn.state = put({ ...turn.state, nextId: id + 1 }, failed);
  const neverReady = turn.state.bootForks !== undefined;
  if (!neverReady) {
    const restarts = turn.state.slots[one.slot]?.restarts.length ?? 0;
    tell(turn, { type: 'slot-failed', slot: one.slot, restarts, window: turn.state.policy.restartWindow });
  }
  const rest = members(turn.state);
  if (rest.some(isHeir) || rest.some(isAlive)) return;
  tell(turn, neverReady ? { type: 'never-ready', forks: turn.state.bootForks ?? 0 } : { type: 'crash-loop' });
  set(turn, { phase: 'stopped' });
  turn.effects.push({ type: 'exit', code: EXIT_CRASH_LOOP });
}

/** The part of a member that news carry. */
export function memberOf(one: Member): { slot: number; id: number; generation: number } {
  return { slot: one.slot, id: one.id, generation: one.generation };
}
