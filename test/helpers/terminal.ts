import { spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { BIN, fixture, NODE, type Running, type StartOptions, watch } from './cluster.js';

export interface Terminal extends Running {
  /** `pause` reads nothing more, `close` is the window that is closed. */
  order(what: 'pause' | 'resume' | 'close'): void;
  /** The exit code of what ran on it, negative for a signal. */
  ended(): Promise<number>;
}

/** Runs a command on a terminal; `kf-cluster` stands for ours. Undefined, with the reason printed, where there is no python3. */
export function onTerminal(
  t: ExecutionContext,
  command: readonly string[],
  options: StartOptions = {},
): Terminal | undefined {
  if (spawnSync('python3', ['-c', 'import pty']).status !== 0) {
    t.log('skipped: a terminal is made by python3, which is not here');
    t.pass();
    return undefined;
  }
  const full = command.flatMap((word) => (word === 'kf-cluster' ? [NODE, BIN] : [word]));
  const python = watch(t, 'python3', [fixture('faults/terminal.py'), ...full], { ...options, stdin: true });
  return {
    ...python,
    order: (what) => void python.process.stdin?.write(`${what}\n`),
    ended: async () => Number((await python.line(/^ended (-?\d+)/))[1]),
  };
}
