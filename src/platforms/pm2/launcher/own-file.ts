import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirs } from '../../../system/make-dirs.js';
import { distrustOf, distrustOfPath } from '../../../system/trusted-dir.js';
import { asUser, isForeign, type User } from './as-user.js';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;
const APPEND = FLAGS | constants.O_APPEND;
const REPLACE = FLAGS | constants.O_TRUNC;

/**
 * Opens a file that an app's configuration names, its directory made where there is none. Root opens it for an app of
 * another user with that user's rights, for a symlink of that user would lead root anywhere; only where nobody but root can
 * write on the whole way does root open it itself. Throws what the system throws, and an Error for what is no file.
 *
 * @returns the descriptor
 */
export function openOwn(path: string, mode: 'append' | 'replace', user: User): number {
  return withRights(path, user, () => {
    makeDirs(dirname(path));
    const strict = isForeign(user) ? constants.O_NOFOLLOW : 0;
    const fd = openSync(path, (mode === 'append' ? APPEND : REPLACE) | strict, 0o644);
    const stat = fstatSync(fd);
    if (stat.isFile() || stat.isCharacterDevice()) return fd;
    closeSync(fd);
    throw new Error('it is no plain file');
  });
}

/** Removes such a file, with the same rights. */
export function removeOwn(path: string, user: User): void {
  withRights(path, user, () => rmSync(path, { force: true }));
}

function withRights<T>(path: string, user: User, act: () => T): T {
  if (user.uid === undefined || !isForeign(user) || isRootsAlone(dirname(path))) return act();
  return asUser(user.uid, user.gid ?? user.uid, act);
}

/** A sticky directory is not: there the user may have put the file already. */
function isRootsAlone(dir: string): boolean {
  if (distrustOfPath(dir)) return false;
  let there = dir;
  while (!lstatSync(there, { throwIfNoEntry: false })) there = dirname(there);
  return distrustOf(there) === undefined;
}
