import { existsSync } from 'node:fs';
import type { Hooks } from '../../hooks/types.js';
import { KfError } from '../contract/errors.js';
import { validateHookExports } from './hook-exports.js';
import { loadReason } from './load-reason.js';
import { moduleFix } from './module-fix.js';
import { hasNativeTypeScript, needsLoader, nodeArgsHere, readExports } from './user-module.js';

interface HookFile {
  /** Absolute path. */
  readonly file: string;
  readonly hooks: Hooks;
}

/**
 * Loads files of hooks, in order; used by the primary and by every worker, so nothing heavy belongs here.
 *
 * @param fresh whether a file that has changed since it was loaded here is loaded again
 * @throws KfError HOOKS_NOT_FOUND, HOOKS_UNREADABLE with the file's own error, or HOOKS_INVALID.
 */
export async function loadHookFiles(files: readonly string[], fresh = false): Promise<HookFile[]> {
  const loaded: HookFile[] = [];
  for (const file of files) loaded.push({ file, hooks: validateHookExports(file, await load(file, fresh)) });
  return loaded;
}

async function load(file: string, fresh: boolean): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(file)) {
    throw new KfError('HOOKS_NOT_FOUND', `no hooks file at ${file}`, 'the path does not exist');
  }
  try {
    return await readExports(file, fresh);
  } catch (error) {
    if (error instanceof KfError) throw error;
    const loader = needsLoader(file, { native: hasNativeTypeScript(), nodeArgs: nodeArgsHere() });
    const fix = loader
      ? 'Add --node-args="--import tsx" (npm i -D tsx), or write it in JavaScript.'
      : moduleFix(error, file);
    throw new KfError('HOOKS_UNREADABLE', `the hooks file ${file} failed to load`, await loadReason(error, file), {
      cause: error,
      ...(fix && { fix }),
    });
  }
}
