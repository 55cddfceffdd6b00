import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import { BUILD } from '../contract/build-id.js';
import { codeCacheDirectory, makeCodeCache } from './cache-dir.js';
import { pruneCaches } from './prune-cache.js';

const WRAPPER = '(function (exports, require, module, __filename, __dirname, __kfImport) {';

/** The `import()` of a file that Node itself has compiled: in what comes out of a cache there is none. */
type Import = (url: string) => Promise<unknown>;

/** Calls back at the exit of this process, with its code. */
export type AtExit = (then: (code: number) => void) => void;

interface Cached {
  readonly exports: unknown;
  /**
   * Keeps what is compiled by the end of this process, if it ends with 0: one that failed early has compiled the least of it.
   *
   * @param atExit calls back at the exit of this process, with its code; a listener by default
   */
  keep(atExit?: AtExit): void;
}

/**
 * Requires a CommonJS bundle of ours with V8's code cache, which saves a start of the supervisor 10 ms of 50, and one of a
 * worker 6 of 90. Not by the one of Node 22.1 and newer, which holds what it has read, and a copy of each text, for as long as the
 * process runs: 2 MB of a primary. What goes wrong with a cache is ignored: without it a start is slower, and the same.
 */
export function requireCached(file: string, importHere: Import): Cached {
  const directory = codeCacheDirectory();
  const require = createRequire(file);
  if (directory === undefined) return { exports: require(file), keep: NOTHING };
  // ASCII, as esbuild writes it. Node 20 reads UTF-8 by a string of C++ that grows, which leaves 2 MB more in a traced worker.
  const text = fs.readFileSync(file, 'latin1');
  const cache = path.join(directory, nameOf(file, text));
  const canKeep = makeCodeCache(directory);
  const cachedData = canKeep ? readOwn(cache) : undefined;
  const script = new vm.Script(`${WRAPPER}${text}\n})`, {
    filename: file,
    columnOffset: -WRAPPER.length,
    ...(cachedData && { cachedData }),
  });
  const loaded = { exports: {} };
  const run: (...args: unknown[]) => void = script.runInThisContext();
  run.call(loaded.exports, loaded.exports, require, loaded, file, path.dirname(file), importHere);
  const isMissing = canKeep && (!cachedData || script.cachedDataRejected === true);
  const bundle = path.basename(file, '.cjs');
  return { exports: loaded.exports, keep: isMissing ? (atExit) => keepAtExit(cache, bundle, script, atExit) : NOTHING };
}

const NOTHING = () => undefined;

/**
 * Of this very text: the build that it says it is of names the sources, and the size the libraries in it. And of this V8 with its flags, which stand among
 * a worker's --node-args: of others it takes nothing.
 */
function nameOf(file: string, text: string): string {
  const name = path.basename(file, '.cjs');
  return [name, buildOf(text), text.length, process.version, v8.cachedDataVersionTag()].join('-');
}

/** Not that of whoever loads it: while a package is written over, or has been, files of two builds stand side by side. */
function buildOf(text: string): string {
  return text.includes(BUILD) ? BUILD : (/\d+\.\d+\.\d+\+[0-9a-f]{8}/.exec(text)?.[0] ?? BUILD);
}

function keepAtExit(
  cache: string,
  bundle: string,
  script: vm.Script,
  atExit: AtExit = (then) => process.once('exit', then),
): void {
  atExit((code) => {
    if (code !== 0) return;
    write(cache, script);
    pruneCaches(path.dirname(cache), bundle);
  });
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
