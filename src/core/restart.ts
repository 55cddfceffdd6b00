import type { ExitReason } from '../../hooks/types.js';
import { backoffDelay } from './backoff.js';
import type { Policy, SlotHistory } from './types.js';

/** Forks a cluster may spend before any worker was ready: an app that throws at boot must not burn the machine. */
export const BOOT_FORK_BUDGET = 6;
/** How many workers boot at once before the first of them has shown that the app can. */
export const FIRST_WAVE = 4;

export const NEW_SLOT: SlotHistory = { failures: 0, restarts: [], total: 0 };

/** The verdict on a worker that ended uninvited: wait that long and fork again, or give the slot up. */
export type Verdict =
  | { readonly type: 'restart'; readonly delay: number; readonly history: SlotHistory }
  | { readonly type: 'give-up'; readonly history: SlotHistory };

/** More than `maxRestarts` restarts within `restartWindow` is a crash loop. Times in milliseconds. */
export function judge(history: SlotHistory, policy: Policy, at: number, roll: number, reason: ExitReason): Verdict {
  const recent = history.restarts.filter((time) => at - time < policy.restartWindow);
  const failures = history.failures + 1;
  const next = { failures, total: history.total + 1, lastReason: reason };
  if (recent.length >= policy.maxRestarts) {
    return { type: 'give-up', history: { ...next, total: history.total, restarts: recent } };
  }
  const delay = backoffDelay(policy.backoff, failures, roll);
  return { type: 'restart', delay, history: { ...next, restarts: [...recent, at] } };
}
