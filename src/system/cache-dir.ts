import { existsSync } from 'node:fs';
import path from 'node:path';
import { homeDir } from './home.js';
import { makeDirs } from './make-dirs.js';
import { distrustOfPath } from './trusted-dir.js';

/**
 * Where compiled code is kept between starts: a private directory, for the one that Node would take lies in the shared
 * temporary directory. Undefined when the user has switched caching off, or set up a cache of their own.
 */
export function codeCacheDirectory(): string | undefined {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_COMPILE_CACHE) return undefined;
  const home = homeDir(process.env);
  const cache = XDG_CACHE_HOME || (home && path.join(home, '.cache'));
  return cache && path.join(cache, 'kf-cluster', 'compile');
}

/**
 * Makes the directory, for this user alone. False where it cannot be, or where another user could put code into it: a
 * HOME that sudo has kept, an XDG_CACHE_HOME in a shared place. Then nothing is kept, and nothing else changes.
 */
export function makeCodeCache(directory: string): boolean {
  try {
    // Before as well: root makes no directory behind a symlink of somebody else.
    if (distrustOfPath(directory)) return false;
    if (existsSync(directory)) return true;
    makeDirs(directory, 0o700);
    return distrustOfPath(directory) === undefined;
  } catch {
    return false;
  }
}
