import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { HOOK_SIDES } from '../../hooks/types.js';
import { KfError } from '../contract/errors.js';
import { isRecord } from '../contract/record-guard.js';
import { type Exports, isHookName, validateHookExports } from './hook-exports.js';
import { loadReason } from './load-reason.js';
import { moduleFix } from './module-fix.js';
import { nodeFs } from './node-fs.js';
import type { Project } from './project.js';
import type { KeyedLayer } from './resolve.js';
import { upwards } from './upwards.js';
import { isOtherLanguage, needsLoader, preloadLoaders, readExports, type TypeScriptFacts } from './user-module.js';

const NAMES = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts', 'json'].map((ending) => `kf-cluster.config.${ending}`);

/** Where a package keeps options without a file of their own. */
const PACKAGE_KEY = 'kf-cluster';

interface LoadedFile {
  readonly file: string;
  readonly layer: KeyedLayer;
  /** True when it exports hooks, so that workers have to load it too. */
  readonly hasHooks: boolean;
}

/** The nearest config file from `from` upwards, not above the project, or the workspace that it is a member of. */
export function findConfigFile(from: string, { dir, workspace }: Project): string | undefined {
  const top = workspace ?? (existsSync(join(dir, 'package.json')) ? dir : undefined);
  for (const place of upwards(from)) {
    const file = NAMES.map((name) => join(place, name)).find((path) => existsSync(path));
    if (file !== undefined) return file;
    const manifest = join(place, 'package.json');
    if (existsSync(manifest) && hasPackageKey(manifest)) return manifest;
    if (place === top) return undefined;
  }
  return undefined;
}

/** A manifest that is not JSON is for npm to complain about, unless it is named with --config. */
function hasPackageKey(manifest: string): boolean {
  const text = nodeFs.readText(manifest);
  if (text === undefined || !text.includes(`"${PACKAGE_KEY}"`)) return false;
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, PACKAGE_KEY);
}

/**
 * Loads and validates a config file.
 * @throws KfError CONFIG_NOT_FOUND, CONFIG_UNREADABLE with the file's own error, CONFIG_INVALID naming each wrong key
 * and what was expected, HOOKS_INVALID for a hook that is misspelt.
 */
export async function loadConfigFile(file: string, cwd: string, facts: TypeScriptFacts): Promise<LoadedFile> {
  if (!existsSync(file)) throw new KfError('CONFIG_NOT_FOUND', `no config file at ${file}`, 'the path does not exist');
  const exports = await read(file, cwd, facts);
  const hooks = validateHookExports(file, exports);
  const options = Object.fromEntries(
    Object.entries(exports).filter(([name, v]) => !isHookName(name) && v !== undefined),
  );
  // zod costs more than all the rest of starting: only who has a config file pays for it.
  const { validateOptions } = await import('./file-schema.js');
  const { env, ...values } = validateOptions(file, options);
  const label = relative(cwd, file).startsWith('..') ? file : relative(cwd, file);
  return {
    file,
    layer: { label, base: dirname(file), values, env: env ?? {} },
    hasHooks: Object.keys(hooks).some((name) => name in HOOK_SIDES),
  };
}

async function read(file: string, cwd: string, facts: TypeScriptFacts): Promise<Exports> {
  if (isOtherLanguage(file)) {
    throw new KfError(
      'CONFIG_UNREADABLE',
      `${file} is a file of another language`,
      'a config file is JavaScript, TypeScript or JSON',
      {
        fix: `Write ${NAMES[1]}; docs/GUNICORN.md has what each setting of gunicorn.conf.py is here.`,
      },
    );
  }
  const loader = needsLoader(file, facts);
  if (loader) {
    throw new KfError(
      'CONFIG_UNREADABLE',
      `this Node cannot read ${file} by itself`,
      'it is TypeScript and needs a loader',
      {
        fix: 'Add --node-args="--import tsx" (npm i -D tsx), or write it in JavaScript.',
      },
    );
  }
  try {
    if (!facts.native && /\.[cm]?ts$/.test(file)) await preloadLoaders(facts.nodeArgs, cwd);
    const exports = await readExports(file);
    if (basename(file) !== 'package.json') return exports;
    const own = exports[PACKAGE_KEY] ?? {};
    if (isRecord(own)) return own;
    throw new KfError('CONFIG_INVALID', `${PACKAGE_KEY} in ${file} is no object`, 'expected { "workers": 4, ... }');
  } catch (error) {
    if (error instanceof KfError) throw error;
    const fix = moduleFix(error, file);
    throw new KfError('CONFIG_UNREADABLE', `the config file ${file} failed to load`, await loadReason(error, file), {
      cause: error,
      ...(fix && { fix }),
    });
  }
}
