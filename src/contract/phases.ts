/** Where a worker can stand, in the order of its life. `backoff`, `failed` and `done` have no process. */
export const PHASES = ['starting', 'ready', 'draining', 'backoff', 'failed', 'done'] as const;
export type Phase = (typeof PHASES)[number];

interface PhaseTraits {
  /** It has a process: forked, and not reaped yet. */
  readonly alive: boolean;
  /** It has booted, and answers unless its event loop is blocked. */
  readonly answers: boolean;
  /** Its slot counts on it: it serves, or will. */
  readonly candidate: boolean;
}

export const PHASE_TRAITS: Readonly<Record<Phase, PhaseTraits>> = {
  starting: { alive: true, answers: false, candidate: true },
  ready: { alive: true, answers: true, candidate: true },
  draining: { alive: true, answers: true, candidate: false },
  backoff: { alive: false, answers: false, candidate: true },
  failed: { alive: false, answers: false, candidate: false },
  done: { alive: false, answers: false, candidate: false },
};

/** Of the whole cluster. `leaving`: the drain delay runs; a reload that was under way goes on. */
export type ClusterPhase = 'running' | 'reloading' | 'leaving' | 'stopping' | 'stopped';
