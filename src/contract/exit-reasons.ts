/** Why a worker ends; the first reason wins. */
export type StopReason =
  | 'stop'
  | 'reload'
  | 'rollback'
  | 'recycle'
  | 'scale'
  | 'restart'
  | 'signal'
  | 'app-exit'
  | 'primary-gone';

/** Why an exited worker ended, as the primary reports it. */
export type ExitReason =
  | StopReason
  | 'crash'
  | 'fork-failed'
  | 'boot-failed'
  | 'boot-timeout'
  | 'drain-timeout'
  | 'hang'
  | 'killed'
  /** By the kernel, whose memory limit the cluster had reached. */
  | 'out-of-memory'
  | 'forced';

/** What follows from the reason why a worker ends. */
interface Meaning {
  /** Somebody wanted it to end: no failure, nothing to repair. */
  readonly planned: boolean;
  /** The supervisor has ordered it, and knows what comes next. */
  readonly ordered: boolean;
  /** Other workers listen on: what this one does not accept, they do. */
  readonly succeeded: boolean;
  /** All workers end by it: nobody listens on. */
  readonly ofAll: boolean;
}

const ORDERED = { planned: true, ordered: true, succeeded: true, ofAll: false } as const;
const FAILED = { planned: false, ordered: false, succeeded: false, ofAll: false } as const;

/** Those that a worker knows itself, because it stops in good order. */
export const STOP_REASONS: Readonly<Record<StopReason, Meaning>> = {
  stop: { planned: true, ordered: true, succeeded: false, ofAll: true },
  reload: ORDERED,
  rollback: ORDERED,
  recycle: ORDERED,
  scale: ORDERED,
  restart: ORDERED,
  signal: { planned: true, ordered: false, succeeded: false, ofAll: false },
  'primary-gone': { planned: true, ordered: false, succeeded: false, ofAll: true },
  // As good as its exit code.
  'app-exit': FAILED,
};

export const EXIT_REASONS: Readonly<Record<ExitReason, Meaning>> = {
  ...STOP_REASONS,
  crash: FAILED,
  'fork-failed': FAILED,
  'boot-failed': FAILED,
  'boot-timeout': FAILED,
  'drain-timeout': FAILED,
  hang: FAILED,
  killed: FAILED,
  'out-of-memory': FAILED,
  forced: FAILED,
};
