import * as nodeFs from 'node:fs';
import type { LogEvent } from '../../contract/log-events.js';
import { timerDelay } from '../../contract/longest-timer.js';

/** The part of node:fs the spool uses; a record, so that a test can make a disk fail. */
export type SpoolFs = Pick<
  typeof nodeFs,
  | 'closeSync'
  | 'existsSync'
  | 'fstatSync'
  | 'ftruncateSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'read'
  | 'readFileSync'
  | 'readSync'
  | 'readdirSync'
  | 'renameSync'
  | 'rmSync'
  | 'rmdirSync'
  | 'statSync'
  | 'unlinkSync'
  | 'utimesSync'
  | 'writeFileSync'
  | 'writeSync'
>;

/** Everything the spool takes from outside: time, chance and the disk. */
export interface SpoolPorts {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970; only for the age of records that other processes wrote. */
  readonly wallClock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Runs once after `ms`; keeps the process alive only if `hold`. Returns the way to disarm it. */
  readonly setTimer: (run: () => void, ms: number, hold?: boolean) => () => void;
  /** Runs at the end of this turn of the event loop. */
  readonly defer: (run: () => void) => void;
  readonly fs: SpoolFs;
}

export const nodePorts: SpoolPorts = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms, hold = false) => {
    const timer = setTimeout(run, timerDelay(ms));
    if (!hold) timer.unref();
    return () => clearTimeout(timer);
  },
  defer: (run) => void setImmediate(run),
  fs: nodeFs,
};

/** Says one thing that the operator should know, and how to mend it; `event` is its id for programs, if it has one. */
export type Warn = (what: string, fix: string, event?: LogEvent) => void;
