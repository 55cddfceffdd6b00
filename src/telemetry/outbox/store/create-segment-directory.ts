import { join } from 'node:path';
import { makeDirs } from '../../../system/make-dirs.js';
import type { SpoolPorts } from '../outbox-ports.js';
import { thisProcess } from './owner.js';
import type { Quarantine } from './quarantine.js';
import { DIRECTORY_PREFIX, SegmentDirectory } from './segment-directory.js';
import { expectOwn } from './spool-root.js';

/** Makes the segment directory of this process, and the spool directory where there is none. Throws NotOwn, and what the disk throws. */
export function createSegmentDirectory(root: string, quarantine: Quarantine, ports: SpoolPorts): SegmentDirectory {
  const id = `${process.pid}-${hex(ports)}`;
  makeDirs(root, 0o700, ports.fs);
  expectOwn(root);
  // A directory never has its final name without its owner in it: nobody may take a young one for a dead one.
  const young = join(root, `new-${id}`);
  ports.fs.mkdirSync(young, { mode: 0o700 });
  const dir = join(root, DIRECTORY_PREFIX + id);
  new SegmentDirectory(young, quarantine, ports.fs, ports.wallClock).writeOwner(thisProcess(ports.fs));
  ports.fs.renameSync(young, dir);
  return new SegmentDirectory(dir, quarantine, ports.fs, ports.wallClock);
}

/** Eight random hexadecimal digits. */
export function hex(ports: SpoolPorts): string {
  return Math.floor(ports.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
