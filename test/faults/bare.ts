import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixture, NODE } from '../helpers/cluster.js';
import { heldIn, hold } from './stage.js';
import { inject } from './strace.js';

/** How long a bare program is injected, in milliseconds. */
const LONG = 8_000;

const known = new Map<string, Promise<string | undefined>>();

/** The signal by which a Node program without a line of ours ends under the same injection; undefined when it lives. */
export function bareSignal(call: string, errno: string): Promise<string | undefined> {
  const name = `${call} ${errno}`;
  const found = known.get(name) ?? run(call, errno);
  known.set(name, found);
  return found;
}

async function run(call: string, errno: string): Promise<string | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-bare-'));
  hold(dir);
  const args = ['--require', fixture('faults/hold.cjs'), fixture('faults/bare.cjs')];
  const child = spawn(NODE, args, {
    env: { PATH: process.env.PATH, FAULTS_DIR: dir },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    const exit = once(child, 'exit');
    const pid = await heldIn(dir);
    const injection = await inject(pid, { call, errno, when: '1+' });
    process.kill(pid, 'SIGCONT');
    const late = setTimeout(() => child.kill('SIGKILL'), LONG);
    const [, signal] = (await exit) as [number | null, string | null];
    clearTimeout(late);
    await injection.end();
    return signal === 'SIGKILL' ? undefined : (signal ?? undefined);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}
