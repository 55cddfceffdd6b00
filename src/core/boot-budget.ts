import type { State } from './types.js';

/** Forks a cluster may spend before any worker was ready: an app that throws at boot must not burn the machine. */
export const BOOT_FORK_BUDGET = 6;
/** How many workers boot at once before the first of them has shown that the app can. */
export const FIRST_WAVE = 4;

/** No worker was ever ready, and there will be no further try by itself. */
export function isBootBudgetSpent(state: State): boolean {
  return state.bootForks !== undefined && state.bootForks >= BOOT_FORK_BUDGET;
}
