import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixture, NODE } from '../helpers/cluster.js';
import { heldIn, hold } from './stage.js';
import { type Injection, inject } from './strace.js';

/** How long a bare program is injected, in milliseconds. */
const LONG = 6_000;
/** And what it has to end then. */
const LATE = 5_000;

const known = new Map<string, Promise<string | undefined>>();

/**
 * How a Node program without a line of ours ends under the same injection, from its first line on or once it runs;
 * undefined when it lives, or ends as told.
 */
export function bareEnd(from: 'start' | 'running', { call, errno, when }: Injection): Promise<string | undefined> {
  const name = `${from} ${call} ${errno} ${when}`;
  const found = known.get(name) ?? run(from, { call, errno, when });
  known.set(name, found);
  return found;
}

async function run(from: 'start' | 'running', injected: Injection): Promise<string | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-bare-'));
  hold(dir);
  const args = ['--require', fixture('faults/hold.cjs'), fixture('faults/bare.cjs')];
  const env = { PATH: process.env.PATH, FAULTS_DIR: dir };
  const child = spawn(NODE, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdout.resume();
  child.stderr.resume();
  try {
    const exit = once(child, 'exit');
    const pid = await heldIn(dir);
    const isRunning = once(child.stdout, 'data');
    if (from === 'running') {
      process.kill(pid, 'SIGCONT');
      await isRunning;
    }
    const injection = await inject(pid, injected);
    process.kill(pid, 'SIGCONT');
    let hung = false;
    const giveUp = () => {
      hung = hangsInLibuv(pid);
      child.kill('SIGKILL');
    };
    const late = [setTimeout(() => child.stdin.end(), LONG), setTimeout(giveUp, LONG + LATE)];
    const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
    for (const timer of late) clearTimeout(timer);
    await injection.end();
    if (hung) return HANG;
    if (code === 0 || signal === 'SIGKILL') return undefined;
    return howOf(code, signal);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * libuv's lock around its signal handling is a byte in a pipe (src/unix/signal.c): a byte that could not be written back is
 * waited for without end. Its main thread reads from a pipe nowhere else.
 */
export function hangsInLibuv(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/wchan`, 'utf8').includes('pipe_read');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false; // it has ended
    throw error;
  }
}

export const HANG = 'hang in libuv';

export function howOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`;
}
