import type { ExitReason } from '../contract/exit-reasons.js';

/** How often a stop was asked for: 1 graceful, 2 quick, 3 SIGKILL. */
export type StopLevel = 1 | 2 | 3;

/** What the log, the hooks and the subscribers receive. Rendered in one place: supervisor/log-notifications.ts. */
export type Notification =
  | { readonly type: 'worker-starting'; readonly slot: number; readonly id: number; readonly generation: number }
  | {
      readonly type: 'worker-ready';
      readonly slot: number;
      readonly id: number;
      readonly generation: number;
      readonly ms: number;
    }
  | {
      readonly type: 'worker-exit';
      readonly slot: number;
      readonly id: number;
      readonly generation: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly reason: ExitReason;
      readonly ms: number;
      /** It ended by itself, and well: it is not restarted. */
      readonly done?: true;
    }
  | { readonly type: 'restart-in'; readonly slot: number; readonly ms: number }
  | {
      readonly type: 'slot-failed';
      readonly slot: number;
      readonly restarts: number;
      readonly window: number;
      /** When it is tried again, if another worker serves then; in milliseconds. */
      readonly retry: number;
    }
  | { readonly type: 'slot-retried'; readonly slot: number }
  | { readonly type: 'all-ready'; readonly workers: number }
  /** Workers serve for that long yet, in milliseconds. */
  | { readonly type: 'leaving'; readonly ms: number }
  | {
      readonly type: 'stopping';
      readonly signal: string | undefined;
      readonly level: StopLevel;
      readonly workers: number;
    }
  | { readonly type: 'stopped'; readonly code: number }
  | { readonly type: 'never-ready'; readonly forks: number }
  | { readonly type: 'crash-loop' }
  | { readonly type: 'slot-ended'; readonly slot: number; readonly outcome: 'done' | 'failed' }
  | { readonly type: 'all-ended'; readonly failed: number }
  | { readonly type: 'lingering' }
  | { readonly type: 'scale'; readonly from: number; readonly to: number }
  | { readonly type: 'refused'; readonly what: string; readonly why: string }
  /** `workers` is how many there will be. */
  | { readonly type: 'reload-started'; readonly generation: number; readonly workers: number }
  | { readonly type: 'reload-done'; readonly generation: number; readonly ms: number }
  | { readonly type: 'reload-failed'; readonly generation: number; readonly slot: number; readonly reason: ExitReason }
  | { readonly type: 'rollback-stuck'; readonly generation: number; readonly slot: number; readonly reason: ExitReason }
  | { readonly type: 'rollback-done'; readonly generation: number };

/** The answer to a request of the control socket or the API. */
export type Answer =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: 'BUSY' | 'STOPPING' | 'BAD_REQUEST' | 'RELOAD_FAILED';
      readonly why: string;
      /** Why the worker ended that a reload failed by. */
      readonly reason?: ExitReason;
    };
