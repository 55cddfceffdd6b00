import Module, { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { type AtExit, requireCached } from './code-cache.js';
import { importUser } from './import-user.js';

/** The same in every bundle. */
const KEEP = Symbol.for('kf-cluster.keep-compiled');

/** One of our bundles among the modules of a process. */
interface Beside extends NodeJS.Module {
  [KEEP]?: (atExit: AtExit) => void;
}

/**
 * What a CommonJS bundle beside this one exports, out of V8's code cache. Every bundle in a process gets the same copy, by way of
 * `require.cache`; but an app that walks through that, to load its files anew say, finds its own alone.
 */
export function requireBeside(file: string): unknown {
  const { cache } = createRequire(import.meta.filename);
  const path = resolve(import.meta.dirname, file);
  const there = cache[path];
  if (there) return there.exports;
  const { exports, keep } = requireCached(path, importUser);
  const module: Beside = cache[path] ?? Object.assign(new Module(path), { filename: path, loaded: true, exports });
  module[KEEP] = keep;
  Object.defineProperty(cache, path, { value: module, enumerable: false, configurable: true, writable: true });
  return exports;
}

/** Has what is compiled by the end of this process written for those that follow, for every bundle that was not in the cache. */
export function keepBeside(atExit: AtExit): void {
  const { cache } = createRequire(import.meta.filename);
  for (const path of Object.getOwnPropertyNames(cache)) {
    const module: Beside | undefined = cache[path];
    module?.[KEEP]?.(atExit);
  }
}
