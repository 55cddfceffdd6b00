import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { basename, extname, isAbsolute, join, resolve } from 'node:path';

/** What runs a script that is no program of Node. */
export interface Program {
  /** The words in front of the script; none where the script is a program by itself. */
  readonly command: readonly string[];
  /** Absolute, or the text of a shell's command. */
  readonly script: string;
}

/** pm2's interpreters by the ending of the script, the first one that is there. Node's own endings are not among them. */
const BY_ENDING: Readonly<Record<string, readonly string[]>> = {
  '.sh': ['bash', 'sh'],
  '.py': ['python3', 'python'],
  '.rb': ['ruby'],
  '.php': ['php'],
  '.pl': ['perl'],
  '.coffee': ['coffee'],
  '.ls': ['lsc'],
};

const OF_NODE = new Set(['.js', '.cjs', '.mjs', '.ts', '.mts', '.cts', '.tsx', '.jsx', '.json', '.node']);

interface ProgramQuestion {
  /** As it is written. */
  readonly script: string;
  /** As it is written; undefined where it is left to the script's ending. */
  readonly interpreter: string | undefined;
  readonly interpreterArgs: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Of the app. */
  readonly path: string | undefined;
}

/**
 * What runs a script that Node does not: another language by its ending or its `interpreter`, or a file that the system runs by
 * itself. Undefined for a program of Node, and for what is no file.
 *
 * @returns a text where its interpreter is missing
 */
export function programOf({
  script,
  interpreter,
  interpreterArgs,
  cwd,
  path,
}: ProgramQuestion): Program | string | undefined {
  const file = resolve(cwd, script);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (interpreter === 'none') {
    const program = isFile ? file : findProgram(script, cwd, path);
    if (program === undefined) return `there is no program ${script} in ${cwd} or in PATH`;
    return isExecutable(program)
      ? { command: [], script: program }
      : `${program} may not be executed: chmod +x ${program}`;
  }
  if (!isFile) return shellCommand(script, cwd, path);
  if (interpreter !== undefined) return withInterpreter([interpreter], file, interpreterArgs, cwd, path);
  const byEnding = BY_ENDING[extname(file)];
  if (byEnding) return withInterpreter(byEnding, file, interpreterArgs, cwd, path);
  if (OF_NODE.has(extname(file))) return undefined;
  const kind = kindOf(file);
  if (kind === 'text') return undefined;
  if (kind === 'other-binary') return `${file} is a binary, and none of this system`;
  return isExecutable(file) ? { command: [], script: file } : `${file} may not be executed: chmod +x ${file}`;
}

/**
 * `python -m http.server`, `node -e '...'`: a command of the shell, whose first word is a program. What package managers and
 * node start from a file is read further, down to that file.
 */
function shellCommand(script: string, cwd: string, path: string | undefined): Program | undefined {
  const [first = '', second = ''] = script.trim().split(/\s+/);
  if (second === '' || /^(npm|npx|pnpm|yarn)$/.test(first)) return undefined;
  if (basename(first) === 'node' && !/^(-e|--eval|-p|--print)$/.test(second)) return undefined;
  return programInPath(script, cwd, path);
}

/** A program by its name, or a command of the shell that begins with one; undefined where there is none of that name. */
export function programInPath(script: string, cwd: string, path: string | undefined): Program | undefined {
  const [first = '', second] = script.trim().split(/\s+/);
  const found = findProgram(first, cwd, path);
  if (found === undefined) return undefined;
  if (second === undefined) return { command: [], script: found };
  return { command: [findProgram('bash', cwd, path) ?? '/bin/sh', '-c'], script };
}

function withInterpreter(
  names: readonly string[],
  script: string,
  args: readonly string[],
  cwd: string,
  path: string | undefined,
): Program | string {
  const found = names.map((name) => findProgram(name, cwd, path)).find((one) => one !== undefined);
  const named = names.join(' or ');
  const sought = named.includes('/') ? named : `${named} in PATH`;
  if (found === undefined) return `there is no ${sought} to run ${basename(script)}`;
  return { command: [found, ...args], script };
}

/** A program by its path, or by its name in PATH. */
export function findProgram(name: string, cwd: string, path = ''): string | undefined {
  if (name.includes('/')) return isExecutable(resolve(cwd, name)) ? resolve(cwd, name) : undefined;
  const places = path.split(':').filter((dir) => isAbsolute(dir));
  return places.map((dir) => join(dir, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // whatever the reason is, it cannot be run
  }
}

/** What the system runs by itself: a binary, or a script whose first line names another program than Node. */
function kindOf(file: string): 'program' | 'other-binary' | 'text' {
  const head = Buffer.alloc(128);
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return 'text'; // reported with the reason where the script is looked for
  }
  try {
    const text = head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0));
    if (text.startsWith('\x7fELF')) return 'program';
    if (text.includes('\0')) return process.platform === 'linux' ? 'other-binary' : 'program';
    const first = /^#!([^\n]*)/.exec(text)?.[1];
    return first !== undefined && !/\bnode\b/.test(first) ? 'program' : 'text';
  } finally {
    closeSync(fd);
  }
}
