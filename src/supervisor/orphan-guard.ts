import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import { ORPHAN_LIMIT, startedAt } from '../contract/signs-of-life.js';
import { messageOf } from '../contract/system-error.js';
import { longestEnd } from '../contract/worker-end.js';
import { BUNDLED, workerFile } from '../system/held-files.js';
import { nodeBinary } from '../system/node-binary.js';

/**
 * What Node is given to run: the text itself, for by the time that it is needed the release with the file may be long gone.
 * Outside of the bundle the program has parts, and stays a file.
 */
function program(): string[] {
  if (!BUNDLED) return [join(import.meta.dirname, './orphan-guard-process.js')];
  const text = readFileSync(workerFile('orphan-guard.js'), 'utf8');
  return ['--input-type=module', '--eval', text, 'kf-cluster-orphan-guard'];
}

/**
 * Waits in `read` for lines, each the list of all workers, until the primary is gone; what was said last then goes to a Node
 * that takes the place of the shell: by its name, or where nothing has that name any more, by the descriptor that the primary
 * gave it. At rest it is 0.1 MB of memory, where a Node is 10. Signals for the whole process group or session are none of its
 * business.
 */
const SHELL = `trap "" HUP INT QUIT TERM; while read -r line; do all=$line; done; [ -z "$all" ] && exit
node=$0; [ -x "$node" ] || node=/proc/self/fd/5; exec "$node" "$@" $all 2>&4`;

interface OrphanGuardParts {
  /** How long a worker that gives no sign of life may outlive the primary, in milliseconds. */
  readonly limitMs: number;
  /** How long a worker that was asked to stop may take, in milliseconds; for where no signs of life can be given. */
  readonly graceMs: number;
  /** Whether what blocks an orphan is read before it is ended. */
  readonly stacks: boolean;
  /** The workers' connection table, where orphans leave their signs of life. */
  readonly connectionTableFd: number | 'ignore';
  readonly log: Log;
}

/** From a worker's last deadline to the end by force, in milliseconds; its own exit by force comes first. */
const GRACE_MARGIN = 3_000;

export function orphanTimes(config: Config): Pick<OrphanGuardParts, 'limitMs' | 'graceMs' | 'stacks'> {
  const { hangTimeoutMs, drainTimeoutMs, flushTimeoutMs, hangStack } = config;
  return {
    limitMs: hangTimeoutMs || ORPHAN_LIMIT,
    graceMs: longestEnd({ drain: drainTimeoutMs, flush: flushTimeoutMs }) + GRACE_MARGIN,
    stacks: hangStack,
  };
}

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
    guard ??= startIfPossible(parts, () => {
      guard = undefined; // started anew with the next change
    });
    guard?.stdin?.write(`${[...workers].map(([pid, start]) => `${pid}:${start}`).join(' ')}\n`);
  };
  // Not between two forks: it takes some milliseconds, and the workers boot meanwhile.
  const later = () => {
    if (!due) setImmediate(report);
    due = true;
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

/** Undefined, and said, when the system refuses; with the next change it is tried again. */
function startIfPossible(parts: OrphanGuardParts, onExit: () => void): ChildProcess | undefined {
  try {
    return start(parts, onExit);
  } catch (error) {
    parts.log.warn('nobody ends blocked workers if this process dies', { why: messageOf(error) });
    return undefined;
  }
}

function start(parts: OrphanGuardParts, onExit: () => void): ChildProcess {
  const args = [...program(), String(parts.limitMs), String(parts.graceMs), String(Number(parts.stacks))];
  const node = openSelf();
  const run = (command: string, given: readonly string[]) =>
    // Our stderr as the fifth: libuv makes an inherited 0, 1 or 2 blocking, here too, and a reader that does not read
    // would then stop the primary.
    inBackground(command, given, ['pipe', 'ignore', 'ignore', parts.connectionTableFd, 2, node ?? 'ignore'], onExit);
  const shell = run('/bin/sh', ['-c', SHELL, process.execPath, ...args]);
  shell.once('error', (error) => {
    parts.log.debug('no shell for the orphan guard', { why: error.message });
    onExit();
  });
  const guard = shell.pid === undefined ? run(nodeBinary(), [...args, '-']) : shell;
  if (node !== undefined) closeSync(node);
  return guard;
}

/** Keeps this process alive neither by itself nor by its pipe. */
function inBackground(command: string, args: readonly string[], stdio: StdioOptions, onExit: () => void): ChildProcess {
  // Without a variable: what the app is preloaded with is not for this process.
  const child = spawn(command, args, { cwd: '/', env: {}, stdio, detached: true });
  child.once('exit', onExit);
  child.stdin?.on('error', () => undefined); // its exit says the rest
  child.unref();
  const stdin: (typeof child.stdin & { unref?(): void }) | null = child.stdin;
  stdin?.unref?.();
  return child;
}

/** This Node, whatever becomes of its name. */
function openSelf(): number | undefined {
  try {
    return openSync('/proc/self/exe', 'r');
  } catch {
    return undefined; // no /proc, or no descriptor is left: its name has to do
  }
}

function readStat(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // it has ended already, or this system has no /proc
  }
}
