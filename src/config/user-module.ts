import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KfError } from '../contract/errors.js';
import { importUser } from '../system/import-user.js';
import { readPlainFile } from '../system/plain-file.js';
import type { Exports } from './hook-exports.js';
import { isEsmScript } from './module-type.js';

/**
 * Everything a user's file says: its named exports, and the properties of its default export (an object, or a
 * function that returns one, perhaps later). Named exports win. CommonJS and JSON arrive as a default export.
 */
export async function readExports(file: string, fresh = false): Promise<Exports> {
  const module = await importFile(file, fresh);
  const { default: standard, ...named } = module;
  delete named['module.exports'];
  delete named.__esModule;
  if (!isCompiled(standard)) return { ...(await unfold(file, standard)), ...named };
  const { default: own, __esModule: _mark, ...rest } = standard;
  return { ...(await unfold(file, own)), ...rest, ...named };
}

/** An ES module that was compiled to CommonJS, by tsc or a bundler: its `export default` is a property of what it exports. */
export function isCompiled(standard: unknown): standard is Record<string, unknown> {
  return typeof standard === 'object' && standard !== null && '__esModule' in standard && 'default' in standard;
}

/** What each file was when it was loaded last, and under which URL; an unchanged one is not loaded again. */
const loaded = new Map<string, { stamp: string; href: string }>();

async function importFile(file: string, fresh: boolean): Promise<Record<string, unknown>> {
  // Node 20 and 22 print a warning for each import of JSON.
  if (extname(file) === '.json') return { default: JSON.parse(readPlainFile(file)) };
  const byRequire = requireHook(file);
  const stat = statSync(file);
  if (!stat.isFile()) readPlainFile(file); // which says what it is instead
  const { mtimeMs, size, ino } = stat;
  const stamp = `${mtimeMs}-${size}-${ino}`;
  const { href } = pathToFileURL(file);
  let module = loaded.get(file) ?? { stamp, href };
  if (fresh && module.stamp !== stamp) {
    // A module is known by its whole URL, a CommonJS one by its path too.
    module = { stamp, href: `${href}?${stamp}` };
    delete createRequire(import.meta.filename).cache[file];
  }
  loaded.set(file, module);
  if (byRequire) return commonJs(byRequire(file));
  return { ...(await importUser(module.href)) };
}

/** Where a preloaded module has taught require TypeScript, and Node itself does not know it, `import` would not know it either. */
function requireHook(file: string): NodeJS.Require | undefined {
  const require = createRequire(file);
  const isTaught = TYPESCRIPT.has(extname(file)) && Object.hasOwn(require.extensions, extname(file));
  return isTaught && !hasNativeTypeScript() && !isEsmScript(file) ? require : undefined;
}

/** As `import` would give it: what TypeScript exports as default is that. */
function commonJs(exports: unknown): Record<string, unknown> {
  const isModule = typeof exports === 'object' && exports !== null && '__esModule' in exports;
  return isModule ? { ...exports } : { default: exports };
}

async function unfold(file: string, standard: unknown): Promise<Exports> {
  if (standard === undefined) return {};
  const value: unknown = typeof standard === 'function' ? await standard() : standard;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KfError(
      'CONFIG_INVALID',
      `${file}: the default export is not an object`,
      'expected an object of options and hooks, or a function that returns one; a hook is exported by its name',
    );
  }
  return { ...value, __esModule: undefined };
}

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx', '.jsx']);

/** Whether a script is by its ending one of pm2's other languages. */
export function isOtherLanguage(file: string): boolean {
  return /\.(sh|py|rb|php|pl|coffee|ls)$/.test(file);
}

/** Node's own answer: 'strip' or 'transform' where it takes types off by itself, from 22.18 and 23.6 on. */
export interface TypeScriptFacts {
  readonly native: boolean;
  /** Arguments and NODE_OPTIONS of the process that will load the file. */
  readonly nodeArgs: readonly string[];
}

/** Those of this process. */
export function nodeArgsHere(): readonly string[] {
  return [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
}

/** Whether a file has to go through a loader that is not there. JSX always needs one, and so does another language. */
export function needsLoader(file: string, facts: TypeScriptFacts): boolean {
  const extension = extname(file);
  if (!TYPESCRIPT.has(extension) && !isOtherLanguage(file)) return false;
  if (facts.native && TYPESCRIPT.has(extension) && !extension.endsWith('x')) return false;
  return loadersIn(facts.nodeArgs).length === 0;
}

const LOADER_FLAGS = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader']);

/** The modules that node arguments preload: any of them may be a TypeScript loader. */
function loadersIn(nodeArgs: readonly string[]): string[] {
  const loaders: string[] = [];
  nodeArgs.forEach((arg, i) => {
    const [flag, inline] = arg.split(/=(.*)/s, 2);
    if (flag === undefined || !LOADER_FLAGS.has(flag)) return;
    const loader = inline ?? nodeArgs[i + 1];
    if (loader !== undefined) loaders.push(loader);
  });
  return loaders;
}

/**
 * Whether Node takes the app through the loader of CommonJS, unless a preload of ours by `--import` prevents it. Modules that
 * are preloaded by `--require` (ts-node/register, @swc-node/register, tsx/cjs) can load it only then.
 */
export function loadsByRequire(script: string, nodeArgs: readonly string[]): boolean {
  const flags = nodeArgs.flatMap((arg) => arg.split('=', 1)).filter((flag) => LOADER_FLAGS.has(flag));
  return flags.every((flag) => flag === '-r' || flag === '--require') && !isEsmScript(script);
}

export function hasNativeTypeScript(): boolean {
  const { typescript }: NodeJS.ProcessFeatures & { readonly typescript?: unknown } = process.features;
  return Boolean(typescript);
}

/**
 * Loads into this process what `--node-args` preloads in the workers, so that a config in TypeScript is readable here
 * by the same loader as there.
 */
export async function preloadLoaders(nodeArgs: readonly string[], cwd: string): Promise<void> {
  const require = createRequire(join(cwd, 'noop.js'));
  for (const loader of loadersIn(nodeArgs)) await importUser(pathToFileURL(require.resolve(loader)).href);
}
