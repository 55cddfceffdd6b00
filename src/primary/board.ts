import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOARD_BYTES, clearRows } from '../ipc/board.js';

/** The primary's end of the workers' board (ipc/board.ts): it makes the file and wipes away who has ended. */
export interface WorkersBoard {
  /** For the worker's stdio. */
  readonly fd: number | 'ignore';
  ended(worker: number): void;
}

/** In memory where there is such a place. Without any the workers read an empty board, and nobody holds back. */
export function openBoard(): WorkersBoard {
  for (const dir of ['/dev/shm', tmpdir()]) {
    const fd = openNameless(join(dir, `kf-cluster-${process.pid}-${Math.random().toString(36).slice(2)}`));
    if (fd !== undefined) return { fd, ended: (worker) => clearRows(fd, worker) };
  }
  return { fd: 'ignore', ended: () => undefined };
}

function openNameless(path: string): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    writeSync(fd, new Uint8Array(BOARD_BYTES)); // all of it now: a full disk shows here and not at a connection
    return fd;
  } catch {
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }
}
