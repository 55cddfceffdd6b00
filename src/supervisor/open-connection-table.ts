import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearRows, SIGNS_AT } from '../contract/connection-table.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { clearSign, SIGNS_BYTES, SIGNS_LINE } from '../contract/signs-of-life.js';

/** The primary's end of the connection table (contract/connection-table.ts): it makes the file and wipes away who has ended. */
export interface ConnectionTable {
  /** For the worker's stdio. */
  readonly fd: number | 'ignore';
  ended(worker: number): void;
}

/**
 * In memory where there is such a place. Without any the workers read an empty table and none holds back, which is logged
 * where they are to share connections evenly.
 */
export function openConnectionTable(
  log: Log,
  evenly: boolean,
  dirs: readonly string[] = ['/dev/shm', tmpdir()],
): ConnectionTable {
  const failures: string[] = [];
  for (const dir of dirs) {
    try {
      // In decimal digits: in others V8 calls libm, 64 kB of it that a primary would hold for this name.
      const fd = openNameless(join(dir, `kf-cluster-${process.pid}-${String(Math.random()).slice(2)}`));
      return {
        fd,
        ended: (worker) => {
          clearRows(fd, worker);
          clearSign(fd, worker);
        },
      };
    } catch (error) {
      failures.push(String(error));
    }
  }
  const fix = 'Make one of them writable, or say --scheduling rr if connections stay.';
  if (evenly)
    eventLog(log, 'uneven').warn('connections that stay may pile up on one worker', { why: failures.join('; '), fix });
  return { fd: 'ignore', ended: () => undefined };
}

function openNameless(path: string): number {
  const fd = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path);
    writeSync(fd, new Uint8Array(SIGNS_AT + SIGNS_BYTES), 0, undefined, 0); // all of it now: a full disk shows here and not at a connection
    writeSync(fd, SIGNS_LINE, 0);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
