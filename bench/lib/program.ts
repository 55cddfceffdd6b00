import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);

/** Absolute path of a file of this package. */
export function path(name: string): string {
  return fileURLToPath(new URL(name, ROOT));
}

/** A started program whose lines can be waited for. */
export interface Program {
  readonly pid: number;
  /** stdout and stderr so far. */
  output(): string;
  /** Resolves when `count` lines match in all; rejects when the program ends before. */
  lines(pattern: RegExp, count: number): Promise<void>;
  /** How many lines match so far. */
  countOf(pattern: RegExp): number;
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  const process = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const checks = new Set<() => void>();
  let output = '';
  let ended = false;
  const check = () => {
    for (const one of [...checks]) one();
  };
  for (const stream of [process.stdout, process.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
      check();
    });
  const exited = exitOf(process).then((code) => {
    ended = true;
    check();
    return code;
  });
  const countOf = (pattern: RegExp) => output.split('\n').filter((line) => pattern.test(line)).length;
  const lines = (pattern: RegExp, count: number) =>
    new Promise<void>((resolve, reject) => {
      const settle = () => {
        const reached = countOf(pattern) >= count;
        if (!reached && !ended) return;
        checks.delete(settle);
        if (reached) resolve();
        else reject(new Error(`${command} ${args.join(' ')} ended without ${pattern}:\n${output}`));
      };
      checks.add(settle);
      settle();
    });
  return {
    pid: process.pid ?? 0,
    output: () => output,
    lines,
    countOf,
    exited,
    kill: (signal) => void process.kill(signal),
  };
}

async function exitOf(process: ChildProcess): Promise<number | null> {
  const [code] = (await once(process, 'exit')) as [number | null];
  return code;
}
