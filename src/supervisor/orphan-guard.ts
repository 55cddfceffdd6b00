import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import { ORPHAN_LIMIT, startedAt } from '../contract/signs-of-life.js';
import { BUNDLED, workerFile } from '../system/held-files.js';

const programFile = () =>
  BUNDLED ? workerFile('orphan-guard.js') : fileURLToPath(new URL('./orphan-guard-process.js', import.meta.url));

/**
 * Waits in `read` for lines, each the list of all workers, until the primary is gone; what was said last then goes to a Node
 * that takes the place of the shell. At rest it is 0.1 MB of memory, where a Node is 10. Signals for the whole process group
 * or session are none of its business.
 */
const SHELL =
  'trap "" HUP INT QUIT TERM; while read -r line; do all=$line; done; [ -z "$all" ] || exec "$0" "$@" $all 2>&4';

export interface OrphanGuardParts {
  /** How long a worker that gives no sign of life may outlive the primary, in milliseconds. */
  readonly limitMs: number;
  /** How long a worker that was asked to stop may take, in milliseconds; for where no signs of life can be given. */
  readonly graceMs: number;
  /** The workers' connection table, where orphans leave their signs of life. */
  readonly connectionTableFd: number | 'ignore';
  readonly log: Log;
}

/** From the drain's end and the flush's to the end by force, in milliseconds; see worker/exit/exit.ts. */
const GRACE_MARGIN = 3_000;

export function orphanTimes(config: Config): Pick<OrphanGuardParts, 'limitMs' | 'graceMs'> {
  const { hangTimeoutMs, drainTimeoutMs, flushTimeoutMs } = config;
  return { limitMs: hangTimeoutMs || ORPHAN_LIMIT, graceMs: drainTimeoutMs + flushTimeoutMs + GRACE_MARGIN };
}

/** How long the first workers boot without a guard, in milliseconds. */
const FIRST_MS = 500;

/** Sees to it that no worker outlives the primary for long, whatever it does. */
export interface OrphanGuard {
  started(pid: number): void;
  ended(pid: number): void;
}

/**
 * One small process for the whole cluster, started with the first worker. From outside, because a worker that blocks while it
 * boots has no thread yet that could end it, and a stopped one no thread that runs.
 */
export function createOrphanGuard(parts: OrphanGuardParts): OrphanGuard {
  const workers = new Map<number, string>();
  let guard: ChildProcess | undefined;
  let due = false;
  const report = () => {
    due = false;
    if (!guard && workers.size === 0) return;
    guard ??= start(parts, () => {
      guard = undefined; // started anew with the next change
    });
    guard.stdin?.write(`${[...workers].map(([pid, start]) => `${pid}:${start}`).join(' ')}\n`);
  };
  // Not between two forks. To start it takes the primary some 10 ms and a core for longer, which the first workers need to boot.
  const later = () => {
    if (due) return;
    due = true;
    if (guard) setImmediate(report);
    else setTimeout(report, FIRST_MS).unref();
  };
  return {
    started: (pid) => {
      workers.set(pid, startedAt(pid, readStat) ?? '0');
      later();
    },
    ended: (pid) => {
      if (workers.delete(pid)) later();
    },
  };
}

function start(parts: OrphanGuardParts, onExit: () => void): ChildProcess {
  const args = [programFile(), String(parts.limitMs), String(parts.graceMs)];
  const run = (command: string, given: readonly string[]) => {
    const child = spawn(command, given, {
      cwd: '/',
      env: {}, // what the app is preloaded with is not for this process
      // Our stderr as the fifth: libuv makes an inherited 0, 1 or 2 blocking, here too, and a reader that does not read
      // would then stop the primary.
      stdio: ['pipe', 'ignore', 'ignore', parts.connectionTableFd, 2],
      detached: true,
    });
    child.once('exit', onExit);
    child.stdin?.on('error', () => undefined); // its exit says the rest
    child.unref();
    (child.stdin as { unref?(): void } | null)?.unref?.();
    return child;
  };
  const shell = run('/bin/sh', ['-c', SHELL, process.execPath, ...args]);
  shell.once('error', (error) => {
    parts.log.debug('no shell for the orphan guard', { why: error.message });
    onExit();
  });
  return shell.pid === undefined ? run(process.execPath, [...args, '-']) : shell;
}

function readStat(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // it has ended already, or this system has no /proc
  }
}
