import type { ClusterPhase } from '../contract/phases.js';
import type { Answer, State } from './types.js';

export type Refusal = Extract<Answer, { ok: false }>;

const STOPPING: Refusal = { ok: false, code: 'STOPPING', why: 'the cluster is stopping' };

/** Why a change of the workers is refused in each phase, if it is. */
const REFUSALS: Readonly<Record<ClusterPhase, (state: State) => Refusal | undefined>> = {
  running: () => undefined,
  reloading: (state) => ({ ok: false, code: 'BUSY', why: whyBusy(state) }),
  leaving: () => STOPPING,
  stopping: () => STOPPING,
  stopped: () => STOPPING,
};

/** Why workers cannot be added, removed or replaced now; undefined when they can. */
export function refusalOf(state: State): Refusal | undefined {
  return REFUSALS[state.phase](state);
}

/** Why another reload cannot begin; one that finds no way back, neither way, gives way to it. */
export function reloadRefusalOf(state: State): Refusal | undefined {
  return state.phase === 'reloading' && state.reload?.rollback?.stuck !== undefined ? undefined : refusalOf(state);
}

const FILLS: Readonly<Record<ClusterPhase, boolean>> = {
  running: true,
  reloading: false,
  leaving: true,
  stopping: false,
  stopped: false,
};

/** Whether slots are filled as they fall vacant. A reload fills every slot itself, and a stop none. */
export function fillsSlots({ phase, reload }: State): boolean {
  return FILLS[phase] && reload === undefined;
}

/** The phase when a reload is over. */
export function afterReload({ leave }: State): ClusterPhase {
  return leave ? 'leaving' : 'running';
}

function whyBusy({ reload }: State): string {
  const stuck = reload?.rollback?.stuck;
  if (reload === undefined || stuck === undefined) return 'a reload is under way';
  return `generation ${reload.from} does not start any more in slot ${stuck}; a reload of a version that works helps`;
}
