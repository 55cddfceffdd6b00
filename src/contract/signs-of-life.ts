import { readSync, writeSync } from 'node:fs';
import { CONNECTION_TABLE_BYTES, CONNECTION_TABLE_FD } from './connection-table.js';

/** Signs of life of workers whose primary is gone: behind the connection table, in the same file, a row each of pid and time. */
const ROWS = 256;
const FIELDS = 2;
const ROW_BYTES = FIELDS * Float64Array.BYTES_PER_ELEMENT;
export const ORPHANS_BYTES = ROWS * ROW_BYTES;

/** How long a blocked worker may outlive its primary when hangs are not watched for, in milliseconds. */
export const ORPHAN_LIMIT = 30_000;
/** How often an orphan gives a sign of life within the limit, and at least apart, in milliseconds. */
const BEATS = 20;
const SLOWEST_BEAT = 1_000;

/** Milliseconds on the clock that all processes of a machine share. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** From now on this process says that its event loop turns, for the guard who would end it otherwise. */
export function giveSignsOfLife(worker: number, limitMs: number): void {
  const row = new Float64Array(FIELDS);
  const beat = () => {
    row.set([process.pid, sharedClock()]);
    try {
      writeSync(CONNECTION_TABLE_FD, row, 0, ROW_BYTES, CONNECTION_TABLE_BYTES + (worker % ROWS) * ROW_BYTES);
    } catch {
      // No connection table: the guard cannot see the others either, and waits for all until their grace period is over.
    }
  };
  beat();
  setInterval(beat, Math.min(SLOWEST_BEAT, limitMs / BEATS)).unref();
}

/** The last sign of life by pid; undefined where there is no connection table. */
export function signsOfLife(fd: number): ReadonlyMap<number, number> | undefined {
  const all = new Float64Array(ROWS * FIELDS);
  try {
    if (readSync(fd, all, 0, ORPHANS_BYTES, CONNECTION_TABLE_BYTES) !== ORPHANS_BYTES) return undefined;
  } catch {
    return undefined;
  }
  return new Map(Array.from({ length: ROWS }, (_, row) => [all[row * FIELDS] ?? 0, all[row * FIELDS + 1] ?? 0]));
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
