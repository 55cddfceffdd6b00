import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import type { Flushed } from '../contract/messages.js';
import type { StallReport } from '../contract/stall.js';
import type { Notification } from '../core/types.js';
import type { GenerationHooks } from './hook-generations.js';
import type { Ports } from './ports.js';
import type { OutputForm, OutputSink, OutputTap } from './worker-output.js';

/** What a supervisor is made of. */
export interface SupervisorParts {
  readonly config: Config;
  readonly ports: Ports;
  readonly log: Log;
  readonly hooks: GenerationHooks;
  readonly sink: OutputSink;
  /** How lines of worker output look. */
  readonly form: OutputForm;
  /** Hears all output of the workers that comes through here. */
  readonly tap?: OutputTap | undefined;
}

export interface WorkerStall {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number;
  readonly stall: StallReport;
}

/** What a supervisor emits. `exit` comes last. */
export interface SupervisorEvents {
  notification: [Notification];
  flushed: [Flushed & { id: number; slot: number; pid: number }];
  /** A worker's main thread gives no sign of life, or does again. */
  stall: [WorkerStall];
  exit: [number];
}
