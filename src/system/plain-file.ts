import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** No file that is written by hand is larger. */
const LARGEST = 16 * 1024 * 1024;

/**
 * The text of a plain file. Of a FIFO nobody may ever write, and of a device there may be no end: neither is read, and
 * /dev/null is empty.
 *
 * @throws an error with a code, as of node:fs: ENOTFILE for what is none, EFBIG for one of more than 16 MiB
 */
export function readPlainFile(path: string): string {
  if (path === '/dev/null') return '';
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw coded('EISDIR', `${path} is a directory`);
    if (!stat.isFile()) throw coded('ENOTFILE', `${path} is no plain file${stat.isFIFO() ? ', but a FIFO' : ''}`);
    if (stat.size > LARGEST) throw coded('EFBIG', `${path} has ${stat.size} bytes, more than ${LARGEST}`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function coded(code: string, why: string): Error {
  return Object.assign(new Error(`${code}: ${why}`), { code });
}
