import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { configFor } from './spool.js';

const fixture = fileURLToPath(new URL('../../../test/fixtures/spool-writer.mjs', import.meta.url));

export interface SpoolProcess {
  readonly process: ChildProcess;
  /** Sends a demand, resolves with the answer. */
  ask(message: object): Promise<unknown>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** A real process with a spool of its own. */
export async function startSpoolProcess(t: ExecutionContext, url: string, options: object): Promise<SpoolProcess> {
  const argument = JSON.stringify({ config: configFor(url), ...options });
  const forked = fork(fixture, [argument], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  t.teardown(() => forked.kill('SIGKILL'));
  const ended = once(forked, 'exit').then(([code]) => code as number | null);
  await once(forked, 'message');
  return {
    process: forked,
    ask: async (message) => {
      const answer = once(forked, 'message');
      forked.send(message);
      return (await answer)[0];
    },
    kill: async () => {
      forked.kill('SIGKILL');
      await ended;
    },
    ended,
  };
}
