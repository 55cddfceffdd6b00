import { basename, isAbsolute, join } from 'node:path';
import { KfError } from '../contract/errors.js';
import type { ScriptFs } from './script.js';

/** What is read further, down to the file that it starts, or is refused with a reason of its own. */
const OF_NODE = new Set(['node', 'npm', 'npx', 'pnpm', 'yarn']);

/**
 * For a command line whose first word is no file and nothing of package.json: what to do where it is a program of another kind,
 * as in `start bash -- -c '...'`. Undefined where there is none of that name.
 *
 * @param path PATH of whoever starts it
 */
export function otherProgram(
  [name = '', ...args]: readonly string[],
  path: string | undefined,
  fs: Pick<ScriptFs, 'kind'>,
): KfError | undefined {
  if (name.includes('/') || OF_NODE.has(name)) return undefined;
  const places = (path ?? '').split(':').filter((dir) => isAbsolute(dir));
  if (!places.some((dir) => fs.kind(join(dir, name)) === 'file')) return undefined;
  return notOfNode(name, args);
}

/** @param script as it is to stand in an ecosystem file */
export function notOfNode(script: string, args: readonly string[] = []): KfError {
  return new KfError(
    'SCRIPT_NEEDS_LOADER',
    `${basename(script)} is no program of Node`,
    'workers are; an ecosystem file runs others beside them',
    { fix: `Write ${appJson(script, args)} to ecosystem.json, then: kf-cluster start ecosystem.json` },
  );
}

/** An ecosystem file with one app. */
export function appJson(script: string, args: readonly string[]): string {
  return JSON.stringify({ apps: [{ script, ...(args.length > 0 && { args }) }] });
}
