import type { ExecutionContext } from 'ava';
import { main } from '../../src/cli/main.js';
import { mainCommand } from '../../src/cli/main-command.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as the executable does, in this process: what it writes is captured. One at a time. */
export async function run(...args: string[]): Promise<Ran> {
  const isStart = args[0] === 'start'; // as bin.cts decides
  const { result, ...said } = await captured(() => (isStart ? main(args) : mainCommand(args, () => undefined)));
  return { code: result, ...said };
}

/** The same in that directory. */
export async function runIn(dir: string, ...args: string[]): Promise<Ran> {
  const before = { cwd: process.cwd(), shell: process.env.PWD };
  process.chdir(dir);
  process.env.PWD = dir;
  try {
    return await run(...args);
  } finally {
    process.chdir(before.cwd);
    restore('PWD', before.shell);
  }
}

/** Runs something, and what it has written to stdout and stderr until its end. */
export async function captured<T>(act: () => Promise<T>): Promise<{ result: T; out: string; err: string }> {
  const said = { out: '', err: '' };
  const { stdout, stderr } = process;
  const before = { out: stdout.write, err: stderr.write };
  const capture = (kind: 'out' | 'err') => (text: string | Uint8Array, callback?: unknown) => {
    said[kind] += String(text);
    if (typeof callback === 'function') callback();
    return true;
  };
  Object.assign(stdout, { write: capture('out') });
  Object.assign(stderr, { write: capture('err') });
  try {
    return { result: await act(), ...said };
  } finally {
    Object.assign(stdout, { write: before.out });
    Object.assign(stderr, { write: before.err });
  }
}

/** Sets variables of this process until the test is over; undefined takes one away. */
export function setEnv(t: ExecutionContext, change: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(change)) {
    const before = process.env[name];
    restore(name, value);
    t.teardown(() => restore(name, before));
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** The three lines of an error: its code, what, why and fix. */
export function errorIn(text: string) {
  const [, code = '', what = '', why = '', fix = ''] =
    /^error (\w+): ([^\n]*)\n {2}why: ([\s\S]*?)\n {2}fix: ([^\n]*)\n$/m.exec(text) ?? [];
  return { code, what, why, fix };
}
