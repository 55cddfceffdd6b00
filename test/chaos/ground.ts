import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, linkSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPath, FullStatus } from '../../src/contract/control-protocol.js';
import { KfError } from '../../src/contract/errors.js';
import { call } from '../../src/control/client.js';
import type { Dice } from './dice.js';
import type { Releases } from './releases.js';

/** A supervisor whose ground is moved, and where it stands. */
export interface Ground {
  /** Of the supervisor. */
  readonly pid: number;
  readonly socket: string;
  /** The directory of its spool, on a small disk of its own; undefined where none can be made. */
  readonly disk: string | undefined;
  readonly releases: Releases;
  /** Its log file. What is moved and deleted is kept beside it. */
  readonly logFile: string;
}

/** Each thing that is done to it, and taken back within two seconds; resolves when that is so. */
export type Moves = Readonly<Record<string, () => Promise<void>>>;

/** How long a thing lasts, in milliseconds: shorter than a hang. */
const LASTS = [100, 1_500] as const;
/** A supervisor that may have no descriptor more, or is stopped, refuses an order for these reasons. */
const REFUSALS = new Set(['BUSY', 'RELOAD_FAILED', 'UNREACHABLE', 'REFUSED', 'SYSTEM']);

export function movesOf({ pid, socket, disk, releases, logFile }: Ground, dice: Dice, refused: () => void): Moves {
  const last = () => delay(dice.between(...LASTS));
  let kept = 0;
  /** Undefined when it was refused. */
  const allowed = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof KfError) || !REFUSALS.has(error.code)) throw error;
      refused();
    }
  };
  /** False when it was refused. */
  const order = async (path: ControlPath, body?: unknown): Promise<boolean> => {
    const done = call(socket, { method: 'POST', path, body, patience: 0, onLine: () => undefined }).then(() => true);
    return (await allowed(done)) ?? false;
  };
  const stopped = async (some: number | undefined) => {
    if (some === undefined || !signal(some, 'SIGSTOP')) return;
    await last();
    signal(some, 'SIGCONT');
  };
  const full = async (file: string) => {
    fill(file);
    await last();
    rmSync(file);
  };
  return {
    reload: async () => void (await order('/v1/reload')),
    scale: async () => void (await order('/v1/scale', { workers: dice.between(2, 4) })),
    recycle: async () => void (await order('/v1/restart', { slot: dice.between(0, 1) })),
    // With the first of them the kf-cluster goes that the supervisor was started with.
    'all releases but the newest are pruned': async () => {
      releases.deploy();
      if (await order('/v1/reload')) releases.prune();
    },
    'the log file is moved': async () => {
      if (!existsSync(logFile)) return; // nothing was written since
      renameSync(logFile, `${logFile}.${++kept}`);
      if (dice.roll() < 0.5) signal(pid, 'SIGUSR2');
    },
    'the log file is deleted': async () => {
      if (!existsSync(logFile)) return;
      linkSync(logFile, `${logFile}.${++kept}`);
      rmSync(logFile);
    },
    'a worker is stopped': async () => stopped(dice.pick((await allowed(pidsOf(socket))) ?? [])),
    'the primary is stopped': () => stopped(pid),
    'the primary may open nothing': () => withoutDescriptors(pid, last),
    ...(disk === undefined ? {} : { 'the disk is full': () => full(`/proc/${pid}/root${disk}/ballast`) }),
  };
}

async function pidsOf(socket: string): Promise<number[]> {
  const { workers } = await call<FullStatus>(socket, { path: '/v1/status' });
  return workers.flatMap(({ pid, phase }) => (phase === 'ready' && pid !== undefined ? [pid] : []));
}

/** False when it has ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** A running process that may have no more descriptors than it has. */
async function withoutDescriptors(pid: number, last: () => Promise<void>): Promise<void> {
  const limit = (soft: string) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
  const before = execFileSync('prlimit', ['--pid', String(pid), '--nofile', '--raw', '--noheadings', '-o', 'SOFT']);
  limit(String(readdirSync(`/proc/${pid}/fd`).length));
  await last();
  limit(before.toString().trim());
}

/** Takes all the room that there is. */
function fill(file: string): void {
  const fd = openSync(file, 'w');
  try {
    for (const block = Buffer.alloc(4_096); ; ) writeSync(fd, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(fd);
  }
}
