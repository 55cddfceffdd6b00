import { constants } from 'node:fs';
import { codeOf } from '../../../contract/system-error.js';
import { HEADER_BYTES, MAX_PAYLOAD } from '../format/record.js';
import type { SpoolFs } from '../outbox-ports.js';

/** More than the largest record in one file: such a file is none of ours. */
const LARGEST = 2 * (MAX_PAYLOAD + HEADER_BYTES);
/** A FIFO does not block, and a symlink is not followed. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Something in the spool that is not what its name says. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

/** Opens a plain file of this user to read. Throws NotOurs for anything else, and what the disk throws. */
export function openRegular(path: string, fs: SpoolFs, largest = LARGEST): number {
  const fd = openWithoutFollowing(path, fs);
  try {
    const { uid, size } = expectFile(fs.fstatSync(fd));
    if (uid !== process.geteuid?.()) throw new NotOurs(`it belongs to user ${uid}`);
    if (size > largest) throw new NotOurs(`it has ${size} bytes`);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return fd;
}

/** All of a plain file; undefined where there is none. Throws as `openRegular`. */
export function readRegular(path: string, fs: SpoolFs, largest = LARGEST): Buffer | undefined {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })) return undefined;
  const fd = openRegular(path, fs, largest);
  try {
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function openWithoutFollowing(path: string, fs: SpoolFs): number {
  try {
    return fs.openSync(path, FLAGS);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ELOOP') throw new NotOurs('it is a symlink', { cause: error });
    if (code === 'ENXIO') throw new NotOurs('it is no plain file', { cause: error }); // a socket
    throw error;
  }
}

function expectFile<T extends { isFile(): boolean; isDirectory(): boolean }>(stat: T): T {
  if (stat.isFile()) return stat;
  throw new NotOurs(stat.isDirectory() ? 'it is a directory' : 'it is no plain file');
}
