import type { Answer, ClusterPhase, State } from './types.js';

export type Refusal = Extract<Answer, { ok: false }>;

const STOPPING: Refusal = { ok: false, code: 'STOPPING', why: 'the cluster is stopping' };

/** Why a change of the workers is refused in each phase, if it is. */
const REFUSALS: Readonly<Record<ClusterPhase, (state: State) => Refusal | undefined>> = {
  running: () => undefined,
  reloading: (state) => ({ ok: false, code: 'BUSY', why: whyBusy(state) }),
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

function whyBusy({ reload }: State): string {
  const stuck = reload?.rollback?.stuck;
  if (reload === undefined || stuck === undefined) return 'a reload is under way';
  return `generation ${reload.from} does not start any more in slot ${stuck}; a reload of a version that works helps`;
}
