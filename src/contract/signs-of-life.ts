import { readSync, writeSync } from 'node:fs';
import { CONNECTION_TABLE_FD, SIGNS_AT } from './connection-table.js';

/**
 * Signs of life: each worker leaves one for whoever looks whether its event loop turns, the primary or, when that is gone,
 * the orphan guard. They stand in the file of the connection table: a line of text, for a shell, and behind the pages a row each of
 * pid, time and state.
 */
const ROWS = 256;
const FIELDS = 3;
const ROW_BYTES = FIELDS * Float64Array.BYTES_PER_ELEMENT;
export const SIGNS_BYTES = ROWS * ROW_BYTES;

/** What the line of text has at first, a letter for each row: nobody is watched. It changes with each sign of life. */
export const SIGNS_LINE = `${'-'.repeat(ROWS)}\n`;
const NOBODY = '-';
const FIRST_LETTER = 'a'.charCodeAt(0);
/** A prime: whoever looks at every nth letter sees it change, whatever n is. */
const LETTERS = 23;

/** How long a blocked worker may outlive its primary when hangs are not watched for, in milliseconds. */
export const ORPHAN_LIMIT = 30_000;
/** How often a worker gives a sign of life within the limit, and at least apart, in milliseconds. */
const BEATS = 15;
const SLOWEST_BEAT = 2_000;

export interface SignOfLife {
  /** Of a monotonic clock, in milliseconds. */
  readonly at: number;
  /** A debugger might stop it from then on. */
  readonly debugged: boolean;
}

/** Milliseconds on the clock that all processes of a machine share. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint()) / 1e3 / 1e3; // not by 1e6: see CLOCK in build/bundle.mjs
}

let giving = false;

/** From now on this process says that its event loop turns: one timer that fires every two seconds at most. */
export function giveSignsOfLife(worker: number, limitMs: number): void {
  if (giving) return;
  giving = true;
  const own = worker % ROWS;
  const row = new Float64Array(FIELDS);
  let beats = 0;
  const beat = () => {
    const debugged = isDebugged();
    row.set([process.pid, sharedClock(), Number(debugged)]);
    const letter = debugged ? NOBODY : String.fromCharCode(FIRST_LETTER + (beats % LETTERS));
    beats += 1;
    try {
      writeSync(CONNECTION_TABLE_FD, row, 0, ROW_BYTES, SIGNS_AT + own * ROW_BYTES);
      writeSync(CONNECTION_TABLE_FD, letter, own);
    } catch {
      // No connection table: nobody can see who is alive. The primary asks, and the guard waits until the grace periods are over.
    }
  };
  beat();
  setInterval(beat, Math.min(SLOWEST_BEAT, limitMs / BEATS)).unref();
}

/** The last sign of life by pid; undefined where there is no connection table.
 *
 * @param since when the caller's clock began, on `sharedClock()`
 */
export function signsOfLife(fd: number, since = 0): ReadonlyMap<number, SignOfLife> | undefined {
  const all = new Float64Array(ROWS * FIELDS);
  try {
    if (readSync(fd, all, 0, SIGNS_BYTES, SIGNS_AT) !== SIGNS_BYTES) return undefined;
  } catch {
    return undefined;
  }
  const signs = new Map<number, SignOfLife>();
  for (let at = 0; at < all.length; at += FIELDS) {
    const pid = all[at] ?? 0;
    if (pid > 0) signs.set(pid, { at: (all[at + 1] ?? 0) - since, debugged: all[at + 2] === 1 });
  }
  return signs;
}

/** One that has ended gives none. */
export function clearSign(fd: number, worker: number): void {
  const own = worker % ROWS;
  try {
    writeSync(fd, new Float64Array(FIELDS), 0, ROW_BYTES, SIGNS_AT + own * ROW_BYTES);
    writeSync(fd, NOBODY, own);
  } catch {
    // Its pid is nobody's now; that its letter stays costs a look now and then.
  }
}

/**
 * Whether a debugger is attached or may attach at any moment. A worker has the debug port 0 until an inspector listens, whoever
 * opened it (see worker/boot/begin.ts), and Node's module for it takes 460 kB of memory. Not an import: a node without
 * inspector has no such module.
 */
export function isDebugged(): boolean {
  if (process.debugPort === 0) return false;
  return process.getBuiltinModule('node:inspector')?.url() !== undefined;
}

/** Whether it was started with a flag of the inspector: its port, or to be debugged. */
export function mayBeDebugged(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((arg) => arg.includes('--inspect'));
}

/**
 * When a process was started, in the kernel's own count: it distinguishes a process from a later one with its pid. Undefined when
 * there is none, or it is a zombie.
 *
 * @param readText the text of a file, or undefined when it cannot be read
 */
export function startedAt(pid: number, readText: (path: string) => string | undefined): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}
