import { KfError } from '../contract/errors.js';
import { binOf } from './bin.js';
import { appJson } from './other-program.js';
import type { ProjectFs } from './project.js';
import type { ScriptFs } from './script.js';
import { STARTERS } from './starters.js';

type Fs = ScriptFs & ProjectFs;

const WITH_OPTIONS = new Set(['npm', 'npx', 'pnpm', 'yarn']);

/**
 * For a call of a package manager that only it can follow: options in front of what it runs, which may be of another directory
 * (`pnpm --filter web start`), and a program that npx has to fetch. Undefined for all others, which are read further.
 */
export function packageManagerCall(words: readonly string[], base: string, fs: Fs): KfError | undefined {
  const [manager = '', ...rest] = words;
  const [first] = rest;
  if (!WITH_OPTIONS.has(manager) || first === undefined) return undefined;
  if (!first.startsWith('-') && (manager !== 'npx' || isHere(first, base, fs))) return undefined;
  const args = first.startsWith('-') || manager !== 'npx' ? rest : ['-y', ...rest]; // without -y npx asks, and nobody answers
  const why = first.startsWith('-')
    ? `only ${manager} knows what its options lead to; workers are programs of Node`
    : `${first} is no program of Node in node_modules/.bin; workers are`;
  return new KfError('SCRIPT_NEEDS_LOADER', `cannot start ${words.join(' ')} as workers`, why, {
    fix: `Give the script: kf-cluster start FILE. As a process without cluster: write ${appJson(manager, args)} to ecosystem.json, then: kf-cluster start ecosystem.json`,
  });
}

function isHere(name: string, base: string, fs: Fs): boolean {
  return (
    name === 'node' || WITH_OPTIONS.has(name) || Object.hasOwn(STARTERS, name) || binOf(name, base, fs) !== undefined
  );
}
