import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process, with all of its threads, as the kernel sees it. Its forks are left alone once they are other programs. */
export interface Traced {
  /** Lets it go; resolves with what strace wrote. */
  detach(): Promise<string>;
}

let words: readonly string[] | undefined;

/** Why nothing can be injected here; undefined where it can. */
export function whyNoStrace(): string | undefined {
  if (process.platform !== 'linux') return `strace is of Linux, this is ${process.platform}`;
  for (const candidate of [['strace'], ['sudo', '-n', 'strace']]) {
    const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
    const attached = attaches(candidate, sleeper.pid ?? 0);
    sleeper.kill('SIGKILL');
    if (!attached) continue;
    words = candidate;
    return undefined;
  }
  return 'strace is not installed or may attach to nothing here: see test/faults/strace.sh';
}

/** The sleeper ends as soon as strace has said that it has it, and strace with it. */
function attaches(candidate: readonly string[], pid: number): boolean {
  const script = '"$@" -p "$0" 2>&1 | { read -r line; echo "$line"; kill -KILL "$0"; cat; }';
  const { stdout } = spawnSync('sh', ['-c', script, String(pid), ...candidate], { timeout: 10_000, encoding: 'utf8' });
  return / attached/.test(stdout);
}

/** Counts the calls of each thread: the most that one thread made of each. */
export async function record(pid: number): Promise<{ done(): Promise<Record<string, number>> }> {
  const traced = await attach(pid, ['-o', '|sed -nE "s/^([0-9]+) +([a-z_0-9]+)\\(.*/\\1 \\2/p" | sort | uniq -c']);
  return {
    done: async () => {
      const most: Record<string, number> = {};
      for (const line of (await traced.detach()).trim().split('\n')) {
        const [count, , call] = line.trim().split(' ');
        if (call !== undefined) most[call] = Math.max(Number(count), most[call] ?? 0);
      }
      return most;
    },
  };
}

export interface Injection {
  readonly call: string;
  readonly errno: string;
  readonly when: string;
}

/** From now on these calls of the process fail; resolves, at their end, with how many have. */
export async function inject(pid: number, injection: Injection): Promise<{ end(): Promise<number> }> {
  const { call, errno, when } = injection;
  const count = "|awk '/INJECTED/ { n++ } END { print n + 0 }'";
  const traced = await attach(pid, [
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:error=${errno}:when=${when}`,
    '-o',
    count,
  ]);
  return {
    end: async () => {
      await halt(pid);
      const injected = Number((await traced.detach()).trim());
      signal(pid, 'SIGCONT');
      return injected;
    },
  };
}

/** From one look to the next, and how often at most, in milliseconds. */
const LOOK = 10;
const LOOKS = 200;

/**
 * Stops all threads of a process between two calls. Let go in the midst of one that is injected it would get ENOSYS from the
 * kernel, an error that no call of libuv can have, and abort.
 */
async function halt(pid: number): Promise<void> {
  if (!signal(pid, 'SIGSTOP')) return;
  let before = '';
  for (let looks = 0; looks < LOOKS; looks += 1) {
    await delay(LOOK);
    const now = switchesOf(pid);
    if (now === before) return;
    before = now;
  }
}

/** How often each thread has been put to sleep: no more, once it is stopped. */
function switchesOf(pid: number): string {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const texts = tasks.map((tid) => readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'));
    return texts.map((text) => text.match(/^State:.*|ctxt_switches:.*/gm)?.join()).join('\n');
  } catch {
    return ''; // it has ended
  }
}

/** False when it has ended. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** What strace has in front of it, it leaves at its own end. `-b execve`: what the process forks is another program. */
async function attach(pid: number, args: readonly string[]): Promise<Traced> {
  const [command = '', ...before] = words ?? ['strace'];
  const all = [...before, '-f', '-b', 'execve', '-e', 'signal=none', ...args, '-p', String(pid)];
  const strace = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  strace.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  const closed = once(strace, 'close');
  await new Promise<void>((resolve, reject) => {
    strace.stderr.on('data', (chunk) => {
      output.err += chunk;
      if (/ attached/.test(output.err)) resolve();
    });
    closed.then(() => reject(new Error(`strace: ${output.err}`)), reject);
  });
  return {
    detach: async () => {
      end(strace);
      await closed;
      return output.out;
    },
  };
}

/** It lets go at SIGTERM, between two calls of the process; one that does not in ten seconds is killed. */
function end(strace: ChildProcess): void {
  if (strace.exitCode !== null || strace.signalCode !== null) return;
  strace.kill('SIGTERM');
  const late = setTimeout(() => strace.kill('SIGKILL'), 10_000);
  strace.once('exit', () => clearTimeout(late));
}
