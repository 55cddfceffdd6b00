import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { KfError } from '../errors.js';

/**
 * Appends to a file, which becomes `FILE.1` when it has grown beyond `maxSize` bytes; the `FILE.1` before is replaced.
 * Writes are synchronous: lines stay in order, and the last words of a primary that ends are there.
 *
 * @throws KfError LOG_FILE when it cannot be opened
 */
export function openLogFile(path: string, maxSize: number): (chunk: Buffer | string) => void {
  let { fd, size } = open(path);
  return (chunk) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (size > 0 && size + bytes.length > maxSize) {
      closeSync(fd);
      renameSync(path, `${path}.1`);
      ({ fd, size } = open(path));
    }
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    size += bytes.length;
  };
}

function open(path: string): { fd: number; size: number } {
  try {
    const fd = openSync(path, 'a', 0o640);
    return { fd, size: fstatSync(fd).size };
  } catch (error) {
    throw new KfError('LOG_FILE', `cannot write the log file ${path}`, (error as Error).message, { cause: error });
  }
}
