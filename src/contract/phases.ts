/** Where a worker can stand, in the order of its life. `backoff`, `failed` and `done` have no process. */
export const PHASES = ['starting', 'ready', 'draining', 'backoff', 'failed', 'done'] as const;
export type Phase = (typeof PHASES)[number];
