import type { ClusterPhase } from '../contract/phases.js';
import type { Answer, State } from './types.js';

export type Refusal = Extract<Answer, { ok: false }>;

const STOPPING: Refusal = { ok: false, code: 'STOPPING', why: 'the cluster is stopping' };

interface ClusterTraits {
  /** Why a change of the workers is refused, if it is. */
  readonly refusal: (state: State) => Refusal | undefined;
  /** Slots are filled as they fall vacant. A reload fills every slot itself, and a stop none. */
  readonly fillsSlots: boolean;
  /** All workers leave, and none follows. */
  readonly ends: boolean;
}

const CLUSTER: Readonly<Record<ClusterPhase, ClusterTraits>> = {
  running: { refusal: () => undefined, fillsSlots: true, ends: false },
  reloading: {
    refusal: (state) => ({ ok: false, code: 'BUSY', why: whyBusy(state) }),
    fillsSlots: false,
    ends: false,
  },
  leaving: { refusal: () => STOPPING, fillsSlots: true, ends: false },
  stopping: { refusal: () => STOPPING, fillsSlots: false, ends: true },
  stopped: { refusal: () => STOPPING, fillsSlots: false, ends: true },
};

/** Why workers cannot be added, removed or replaced now; undefined when they can. */
export function refusalOf(state: State): Refusal | undefined {
  return CLUSTER[state.phase].refusal(state);
}

/** Why another reload cannot begin; one that finds no way back, neither way, gives way to it. */
export function reloadRefusalOf(state: State): Refusal | undefined {
  return state.phase === 'reloading' && state.reload?.rollback?.stuck !== undefined ? undefined : refusalOf(state);
}

/** Whether slots are filled as they fall vacant: while the drain delay runs a reload may still be under way. */
export function fillsSlots({ phase, reload }: State): boolean {
  return CLUSTER[phase].fillsSlots && reload === undefined;
}

/** Whether all workers leave, and none follows. */
export function isEnding({ phase }: State): boolean {
  return CLUSTER[phase].ends;
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
