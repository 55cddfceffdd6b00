import type { State } from './types.js';

/** Whether another reload may begin: none is under way, or one that finds no way back, neither way. */
export function mayReload({ phase, reload }: State): boolean {
  return phase === 'running' || (phase === 'reloading' && reload?.rollback?.stuck !== undefined);
}

/** Why a change is refused while a reload is under way. */
export function whyBusy({ reload }: State): string {
  const stuck = reload?.rollback?.stuck;
  if (reload === undefined || stuck === undefined) return 'a reload is under way';
  return `generation ${reload.from} does not start any more in slot ${stuck}; a reload of a version that works helps`;
}
