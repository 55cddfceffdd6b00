/** Where a worker can stand, in the order of its life. `backoff`, `failed` and `done` have no process. */
export const PHASES = ['starting', 'ready', 'draining', 'backoff', 'failed', 'done'] as const;
export type Phase = (typeof PHASES)[number];

/** Of the whole cluster. `leaving`: the drain delay runs; a reload that was under way goes on. */
export type ClusterPhase = 'running' | 'reloading' | 'leaving' | 'stopping' | 'stopped';
