import fs from 'node:fs';
import module, { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { codeCacheDirectory, makeCodeCache } from './cache-dir.js';

/** Set by the build: names the very text of primary.cjs. */
declare const __KF_BUILD: string;

/** Node 22.1 and newer. */
type WithCache = typeof module & { enableCompileCache?: (directory: string) => unknown };

const WRAPPER = '(function (exports, require, module, __filename, __dirname, __kfImport) {';

/** This file is compiled by Node itself, and so can import; what comes out of a cache on Node 20 cannot. */
const importHere = (url: string): Promise<unknown> => import(url);

/**
 * Requires primary.cjs with V8's code cache, which saves a start of the supervisor 10 ms of 50. Node
 * keeps one by itself from 22.1 on; before that we do, in the same private directory. What goes wrong with a cache is
 * ignored: without it a start is slower, and the same.
 *
 * @param keep whether this run is one whose functions the cache should hold
 */
export function requireCached(file: string, keep: boolean): unknown {
  const directory = codeCacheDirectory();
  const { enableCompileCache }: WithCache = module;
  const require = createRequire(file);
  if (directory === undefined) return require(file);
  if (enableCompileCache) {
    if (makeCodeCache(directory)) enableCompileCache(directory);
    return require(file);
  }
  const cache = path.join(directory, `primary-${__KF_BUILD}-${process.version}-${process.arch}`);
  const kept = makeCodeCache(directory);
  const cachedData = kept ? readOwn(cache) : undefined;
  const script = new vm.Script(`${WRAPPER}${fs.readFileSync(file, 'utf8')}\n})`, {
    filename: file,
    columnOffset: -WRAPPER.length,
    ...(cachedData && { cachedData }),
  });
  if (keep && kept && (!cachedData || script.cachedDataRejected)) {
    process.once('exit', () => write(cache, script));
  }
  const loaded = { exports: {} };
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  run.call(loaded.exports, loaded.exports, require, loaded, file, path.dirname(file), importHere);
  return loaded.exports;
}

/** What another user could have written is code of another user. */
function readOwn(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    const { uid, mode } = fs.fstatSync(descriptor);
    return uid === process.geteuid?.() && (mode & 0o022) === 0 ? fs.readFileSync(descriptor) : undefined;
  } catch {
    return undefined; // the first start, as a rule
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** In one step: a start that comes meanwhile reads the whole of it or nothing. */
function write(file: string, script: vm.Script): void {
  const own = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(own, script.createCachedData(), { mode: 0o600, flag: 'wx' });
    fs.renameSync(own, file);
  } catch {
    leave(own); // a full disk, as a rule: the next start tries again
  }
}

/** At the exit nothing may throw: by then this process may be another user, who can neither write nor look there. */
function leave(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {} // then nothing was written
}
