import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where compiled code is kept between starts: a private directory, for the one that Node would take lies in the shared
 * temporary directory. Undefined when the user has switched caching off, or set up a cache of their own.
 */
export function codeCacheDirectory(): string | undefined {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_COMPILE_CACHE) return undefined;
  return path.join(XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'kf-cluster', 'compile');
}

/** Makes the directory, for this user alone. False where it cannot be: then nothing is kept, and nothing else changes. */
export function makeCodeCache(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
