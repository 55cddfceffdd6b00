import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Raw, SWITCHES } from '../config/kinds.js';
import { loadConfig } from '../config/load-options.js';
import { nodeFs } from '../config/node-fs.js';
import type { OptionRow } from '../config/option-row.js';
import { type OptionName, ROWS } from '../config/options.js';
import type { PackageManager } from '../config/package-manager.js';
import { isFileName, locateScript } from '../config/script.js';
import { isRecord } from '../contract/record-guard.js';
import type { StopDeadlines } from '../contract/whole-stop.js';
import type { Invocation } from './invocation.js';

/** What a generated file starts: `kf-cluster start` with these words. */
export interface Started extends StopDeadlines {
  readonly name: string;
  /** The script and its flags, each one word. */
  readonly words: readonly string[];
  /** The app's own arguments. */
  readonly args: readonly string[];
}

/**
 * What `kf-cluster start` would have been started with: the flags that stand here go into the file.
 *
 * @param said flags that the file says in its own way
 */
export async function startedBy(invocation: Invocation, said: readonly OptionName[]): Promise<Started> {
  const { script, cwd, args, flags } = invocation;
  const { config } = await loadConfig(invocation);
  const left = new Set<string>(['daemon', ...said]);
  const own = ROWS.filter(({ name }) => !left.has(name)).flatMap((row) => wordsOf(row, flags[row.name]));
  return {
    name: config.name,
    words: [scriptWord(script, cwd), ...own],
    args,
    drainDelayMs: config.drainDelayMs,
    drainMs: config.drainTimeoutMs,
    flushMs: config.flushTimeoutMs,
  };
}

/** `start` and what follows. */
export function commandLine({ words, args }: Pick<Started, 'words' | 'args'>, ...named: readonly string[]): string[] {
  return ['start', ...words, ...named, ...(args.length > 0 ? ['--', ...args] : [])];
}

/** A file from the directory of the written one; a command (`npm`, a script of package.json) as it was typed. */
function scriptWord(script = '', cwd: string): string {
  return isFileName(script, cwd, nodeFs) ? relative(cwd, locateScript(script, cwd, nodeFs)) : script;
}

/** Files that name `node_modules/.bin/kf-cluster` are of no use without it: put in front of what is to be typed next. */
export function installFirst(cwd: string, manager: PackageManager = 'npm'): string {
  if (existsSync(join(cwd, 'node_modules/.bin/kf-cluster'))) return '';
  return `${manager} ${manager === 'npm' ? 'install' : 'add'} kf-cluster && `;
}

/** The same of an image, which has no devDependencies: one that is there alone goes where it is installed. */
export async function installedInImage(cwd: string, manager: PackageManager = 'npm'): Promise<string> {
  const missing = installFirst(cwd, manager);
  if (missing !== '' || !(await isDevDependency(cwd))) return missing;
  return `${manager === 'yarn' ? 'yarn remove kf-cluster && yarn add' : `${manager} add --save-prod`} kf-cluster && `;
}

async function isDevDependency(cwd: string): Promise<boolean> {
  const json = parsed(await readFile(join(cwd, 'package.json'), 'utf8').catch(() => ''));
  const listed = (key: string) => isRecord(json) && isRecord(json[key]) && 'kf-cluster' in json[key];
  return listed('devDependencies') && !listed('dependencies');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no package.json, or none that can be read: npm says so itself
  }
}

function wordsOf({ name, kind }: OptionRow, raw: Raw | undefined): string[] {
  if (raw === undefined) return [];
  if (SWITCHES.has(kind) && raw !== 'auto') return [raw === true || raw === 'true' ? `--${name}` : `--no-${name}`];
  return [raw].flat().map((value) => `--${name}=${value}`);
}
