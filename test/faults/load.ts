import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Owner } from '../helpers/cluster.js';
import type { Failure, LoadReport } from './client.js';

const CLIENTS = 6;

/** Clients in a process of their own, and what became of their requests. */
export interface Load {
  /** Takes in what happened until now. */
  look(): Promise<void>;
  readonly failures: readonly Failure[];
  /** Who answered which requests. */
  readonly answered: ReadonlyMap<number, readonly string[]>;
  /** Forgets what happened until now. */
  clear(): Promise<void>;
}

export function startLoad(t: Owner, port: number, prefix: string): Load {
  const file = fileURLToPath(new URL('./client.js', import.meta.url));
  const client = fork(file, [String(port), prefix, String(CLIENTS)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.teardown(() => client.kill('SIGKILL'));
  client.on('error', () => undefined); // who still looks when the stage is closed gets it as a rejection, and a second one is nobody's
  const failures: Failure[] = [];
  const answered = new Map<number, string[]>();
  const look = async () => {
    const reported = once(client, 'message');
    client.send('report');
    const [report] = (await reported) as [LoadReport];
    failures.push(...report.failures);
    for (const [pid, ids] of Object.entries(report.answered)) {
      answered.set(Number(pid), [...(answered.get(Number(pid)) ?? []), ...ids]);
    }
  };
  return {
    look,
    failures,
    answered,
    clear: async () => {
      await look();
      failures.length = 0;
      answered.clear();
    },
  };
}
