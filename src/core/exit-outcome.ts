import type { Policy } from './types.js';

/** What is to follow when a worker has ended by itself: another one, or nothing. */
export type Outcome = 'again' | 'done' | 'failed';

/** Judges an exit by `restart` and `stopExitCodes`; an end by a signal is a failure. */
export function outcomeOf(policy: Policy, exit: { code: number | null; signal: string | null }): Outcome {
  const { code, signal } = exit;
  if (signal !== null || code === null) return policy.restart === 'never' ? 'failed' : 'again';
  if (policy.stopExitCodes.includes(code)) return 'done';
  if (policy.restart === 'always') return 'again';
  if (code === 0) return 'done';
  return policy.restart === 'never' ? 'failed' : 'again';
}

/** Whether a worker that leaves in good order may have been the last of its slot; only its exit will show it. */
export function mayBeDone(policy: Policy): boolean {
  return outcomeOf(policy, { code: 0, signal: null }) === 'done';
}
