import { basename, join, resolve } from 'node:path';
import { KfError } from '../contract/errors.js';
import { nearest } from '../contract/nearest.js';
import { splitArgs } from './args.js';
import { binOf } from './bin.js';
import { otherProgram } from './other-program.js';
import { packageManagerCall } from './package-manager-call.js';
import type { ProjectFs } from './project.js';
import { type Manifest, manifestAbove } from './project-manifest.js';
import { isFileName, locateScript, type ScriptFs } from './script.js';
import { STARTERS, WATCHES } from './starters.js';

/** What a command line of a package manager or of package.json comes to. */
interface Command {
  /** Absolute. */
  readonly script: string;
  readonly args: readonly string[];
  /** What stood between `node` and the script. */
  readonly nodeArgs: readonly string[];
  /** Assignments in front of it, and the variables that npm sets for a script. */
  readonly env: Readonly<Record<string, string>>;
  /** Where npm would run it: the directory of package.json. Absolute. */
  readonly cwd: string;
  /** For the log. */
  readonly notes: readonly string[];
}

type Fs = ScriptFs & ProjectFs;

/** Where a command leads, or a script that is a plain file. */
export type Target = Pick<Command, 'script' | 'args'> & Partial<Command>;

/**
 * The same for what was given as a script and is no file.
 *
 * @param path PATH of whoever starts it
 * @throws KfError SCRIPT_NOT_FOUND when it is no command either, SCRIPT_NEEDS_LOADER when it is a program that is not Node's
 */
export function commandTarget(
  script: string,
  args: readonly string[],
  base: string,
  { fs, path }: { readonly fs: Fs; readonly path: string | undefined },
): Target {
  const words = [...(/\s/.test(script) ? (splitArgs(script) ?? []) : [script]), ...args];
  const unread = isFileName(script, base, fs) ? undefined : packageManagerCall(words, base, fs);
  if (unread) throw unread;
  const command = commandOf(words, base, fs);
  if (command) return { ...command, script: locateScript(command.script, base, fs) };
  const other = isFileName(script, base, fs) ? undefined : otherProgram(words, path, fs);
  if (other) throw other;
  return { script: locateScript(script, base, fs), args };
}

/**
 * Reads `npm -- start`, `"npm run x"`, `yarn x`, the name of a script in package.json or of an installed program, down to the program of Node behind it:
 * a package manager or a shell in between would take the signals and the channel of the workers.
 *
 * @param words what was given as the script, and its arguments
 * @returns undefined when it is nothing of that kind
 * @throws KfError SCRIPT_IS_COMMAND when what stands there cannot be started as one program of Node, and which file to name
 */
export function commandOf(words: readonly string[], base: string, fs: Fs): Command | undefined {
  const manifest = manifestAbove(base, fs);
  if (MANAGERS.has(words[0] ?? '')) return managed(words, { manifest: manifest ?? none(words, base), fs, seen: [] });
  const [name = '', ...args] = words;
  if (manifest === undefined) return undefined;
  const search = { manifest, fs, seen: [] };
  if (Object.hasOwn(manifest.scripts, name)) return scriptNamed(name, args, search);
  const isProgram = name === 'node' || name === 'npx' || Object.hasOwn(STARTERS, name) || ASSIGNMENT.test(name);
  if (!isProgram && binOf(name, manifest.dir, fs) === undefined) return undefined;
  return read(words, words.join(' '), search);
}

interface Search {
  readonly manifest: Manifest;
  readonly fs: Fs;
  /** The scripts that led here. */
  readonly seen: readonly string[];
}

const MANAGERS = new Set(['npm', 'pnpm', 'yarn']);
const LIFECYCLE = new Set(['start', 'test', 'stop', 'restart']);

/** The script that a call of a package manager runs; undefined when it is none. */
function runOf(words: readonly string[]): { name: string; args: readonly string[] } | undefined {
  const [manager = '', ...rest] = words;
  if (!MANAGERS.has(manager)) return undefined;
  const verb = rest[0] === 'run' || rest[0] === 'run-script' || rest[0] === 'rum';
  const [name, ...args] = verb ? rest.slice(1) : rest;
  if (name === undefined || name.startsWith('-') || (manager === 'npm' && !verb && !LIFECYCLE.has(name))) {
    throw cannot(
      words.join(' '),
      'only the run of a script of package.json can be read',
      'Give the script: npm -- run NAME',
    );
  }
  return { name, args: args[0] === '--' ? args.slice(1) : args };
}

/** What a call of a package manager comes to: a script, or an installed program where there is no script of that name. */
function managed(words: readonly string[], search: Search): Command | undefined {
  const [manager = '', first = '', ...rest] = words;
  if (MANAGERS.has(manager) && first === 'exec')
    return programOf(rest[0] === '--' ? rest.slice(1) : rest, words.join(' '), search);
  const run = runOf(words);
  if (!run) return undefined;
  const { scripts, dir } = search.manifest;
  const isTool =
    run.name === first &&
    manager !== 'npm' &&
    !Object.hasOwn(scripts, first) &&
    (Object.hasOwn(STARTERS, first) || first === 'node' || binOf(first, dir, search.fs) !== undefined);
  return isTool ? programOf([first, ...rest], words.join(' '), search) : scriptNamed(run.name, run.args, search);
}

function scriptNamed(name: string, args: readonly string[], search: Search): Command {
  const { manifest, fs, seen } = search;
  const file = join(manifest.dir, 'package.json');
  const isDefault =
    name === 'start' && !Object.hasOwn(manifest.scripts, name) && fs.kind(join(manifest.dir, 'server.js')) === 'file';
  const text = isDefault ? 'node server.js' : manifest.scripts[name];
  if (text === undefined) {
    const near = nearest(name, Object.keys(manifest.scripts));
    const known = Object.keys(manifest.scripts).join(', ') || 'none';
    throw cannot(`script "${name}"`, `${file} has none of that name; it has ${known}`, near && `Did you mean ${near}?`);
  }
  if (seen.includes(name)) throw cannot(`script "${name}"`, `it runs itself, by way of ${seen.join(', ')}`);
  const command = readText(text, { ...search, seen: [...seen, name] });
  const before = manifest.scripts[`pre${name}`];
  return {
    ...command,
    args: [...command.args, ...args],
    env: { ...npmEnv(manifest, name), ...command.env },
    notes: [...(before === undefined ? [] : [`pre${name} of ${file} is not run: ${before}`]), ...command.notes],
  };
}

/** The variables that npm sets for scripts, as far as programs use them. */
function npmEnv({ dir, name, version }: Manifest, event: string): Record<string, string> {
  return {
    npm_lifecycle_event: event,
    npm_package_json: join(dir, 'package.json'),
    ...(name !== undefined && { npm_package_name: name }),
    ...(version !== undefined && { npm_package_version: version }),
  };
}

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;
/** Programs whose only work here is to set variables. */
const SETTERS = new Set(['env', 'cross-env', 'cross-env-shell']);
/** What only a shell can do. A variable of it would have to be known here. */
const SHELL = /[|&;<>()`$*?\n]/;

function readText(text: string, search: Search): Command {
  const words = SHELL.test(text) ? undefined : splitArgs(text);
  if (words === undefined) throw cannot(`"${text}"`, 'it needs a shell', lastProgram(text));
  return read(words, text, search);
}

function read(words: readonly string[], text: string, search: Search): Command {
  const env: Record<string, string> = {};
  let at = 0;
  for (; at < words.length; at += 1) {
    const [, name, value] = ASSIGNMENT.exec(words[at]!) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    else if (!SETTERS.has(words[at]!)) break;
  }
  const command = programOf(words.slice(at), text, search);
  return { ...command, env: { ...env, ...command.env } };
}

/** `build && node server.js`: what is built before is not for each worker. */
function lastProgram(text: string): string {
  const [, file] = /\bnode\s+(?:-\S+\s+)*([\w./-]+)[^&|;]*$/.exec(text) ?? [];
  return file === undefined
    ? 'Name the file that it runs in the end: kf-cluster start FILE'
    : `Run what comes before by itself, and then: kf-cluster start ${file}`;
}

function programOf(words: readonly string[], text: string, search: Search): Command {
  const { manifest, fs } = search;
  const [program = '', ...rest] = words;
  const call = managed(words, search);
  if (call) return call;
  if (basename(program) === 'node') return ofNode(rest, text, search);
  if (program === 'npx') return programOf(rest, text, search);
  const starter = Object.hasOwn(STARTERS, program) ? STARTERS[program] : undefined;
  if (starter && 'why' in starter) throw cannot(`"${text}"`, starter.why, starter.fix);
  if (starter) return plain(fileOf(rest, text, manifest.dir), rest.slice(1), search, starter.nodeArgs);
  const script = binOf(program, manifest.dir, fs);
  if (script === undefined) throw cannot(`"${text}"`, `${program} is no program of Node in node_modules/.bin`);
  return plain(script, rest, search);
}

function fileOf([file]: readonly string[], text: string, dir: string): string {
  if (file === undefined || file.startsWith('-'))
    throw cannot(`"${text}"`, 'options of that program cannot be read here');
  return resolve(dir, file);
}

function plain(
  script: string,
  args: readonly string[],
  { manifest }: Search,
  nodeArgs: readonly string[] = [],
): Command {
  return { script, args, nodeArgs, env: {}, cwd: manifest.dir, notes: [] };
}

/** Arguments of Node that take the next word. */
const TAKES_NEXT = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '--env-file',
  '-C',
  '--conditions',
]);
/** With these it runs no script, or another one at a time of its own. */
const NO_SCRIPT = /^(-e|-p|--eval|--print|--test|--run|--watch.*|-i|--interactive|-c|--check)(=|$)/;

function ofNode(words: readonly string[], text: string, search: Search): Command {
  let at = 0;
  while (words[at]?.startsWith('-')) {
    if (NO_SCRIPT.test(words[at]!)) throw cannot(`"${text}"`, `node ${words[at]} runs no file as it is`, WATCHES.fix);
    at += TAKES_NEXT.has(words[at]!) ? 2 : 1;
  }
  const [file, ...args] = words.slice(at);
  if (file === undefined) throw cannot(`"${text}"`, 'node is given no file');
  return plain(resolve(search.manifest.dir, file), args, search, words.slice(0, at));
}

function none(words: readonly string[], base: string): never {
  throw cannot(words.join(' '), `no package.json stands in ${base} or above it`);
}

function cannot(what: string, why: string, fix?: string): KfError {
  return new KfError('SCRIPT_IS_COMMAND', `cannot start ${what}`, why, fix === undefined ? {} : { fix });
}
