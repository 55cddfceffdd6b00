import nodeFs from 'node:fs';
import { dirname } from 'node:path';

type DirFs = Pick<typeof nodeFs, 'mkdirSync' | 'statSync'>;

/**
 * Makes a directory and those above it that are missing, all with that mode; none that is there already is touched. Node's own
 * `recursive` never comes back where a directory that is there cannot have a new one (/proc). Throws what the system throws.
 */
export function makeDirs(dir: string, mode = 0o777, fs: DirFs = nodeFs): void {
  try {
    fs.mkdirSync(dir, { mode });
  } catch (error) {
    if (isDirectory(dir, fs)) return;
    const parent = dirname(dir);
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || parent === dir || isDirectory(parent, fs)) throw error;
    makeDirs(parent, mode, fs);
    makeDirs(dir, mode, fs);
  }
}

function isDirectory(path: string, fs: DirFs): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
