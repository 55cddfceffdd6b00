import type { DropCause } from '../contract/item-account.js';
import type { Phase } from '../contract/phases.js';
import type { Stall, StallReport } from '../contract/stall.js';
import type { Notification } from '../core/types.js';

/** What the primary says to the receiver process of its workers; times in milliseconds since 1970. */
export type SupervisorEvent =
  | {
      readonly type: 'notification';
      readonly at: number;
      readonly notification: Notification;
      readonly pid?: number;
      readonly level: 'info' | 'warn' | 'error';
      readonly text: string;
    }
  | {
      readonly type: 'flushed';
      readonly at: number;
      readonly slot: number;
      readonly pid: number;
      /** In words; '' of a worker without telemetry. */
      readonly text: string;
      readonly lost: boolean;
    }
  | {
      readonly type: 'stall';
      readonly at: number;
      readonly slot: number;
      readonly generation: number;
      readonly pid: number;
      readonly stall: StallReport;
    }
  | { readonly type: 'sample'; readonly at: number; readonly sample: Sample };

/** All workers at one moment. */
export interface Sample {
  readonly phase: string;
  readonly workers: readonly WorkerSample[];
  /** Of all workers' spans, the gone ones included. */
  readonly account: {
    readonly ended: number;
    readonly exported: number;
    readonly held: number;
    readonly dropped: readonly { readonly cause: DropCause | 'rejected'; readonly count: number }[];
  };
}

export interface WorkerSample {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number | undefined;
  readonly phase: Phase;
  readonly since: number;
  readonly restarts: number;
  /** Milliseconds and bytes; undefined where it did not answer. */
  readonly loopDelay: number | undefined;
  readonly memory: number | undefined;
  readonly stall: Stall | undefined;
}
