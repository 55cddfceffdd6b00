import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { KfError } from '../contract/errors.js';
import { codeOf, messageOf } from '../contract/system-error.js';
import { readPlainFile } from '../system/plain-file.js';
import { processExists } from '../system/process-exists.js';

/** A kernel tick in milliseconds, the unit of start times in /proc: 100 a second on every platform that Node knows. */
const TICK = 10;

/**
 * Writes this process's pid to a file, whole or not at all. A file that a process left behind is replaced.
 *
 * @returns takes the file away, if it still is ours
 * @throws KfError PIDFILE_IN_USE with the pid of who owns it, PIDFILE when it cannot be written or is not ours to touch
 */
export function acquirePidfile(path: string): () => void {
  const draft = `${path}.${process.pid}`;
  try {
    rmSync(draft, { force: true }); // one that was killed here left its own: in a container each has the same pid
    writeFileSync(draft, `${process.pid}\n`, { flag: 'wx', mode: 0o644 });
    place(draft, path);
  } catch (error) {
    if (error instanceof KfError) throw error;
    throw new KfError('PIDFILE', `cannot write the pidfile ${path}`, messageOf(error), { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    // By now it may be anything.
    const ours = lstatSync(path, { throwIfNoEntry: false })?.isFile() && readPid(path) === process.pid;
    if (ours) rmSync(path, { force: true });
  };
}

/**
 * The pid in a file, or undefined when there is none.
 * @throws KfError PIDFILE when it cannot be read
 */
export function readPid(path: string): number | undefined {
  try {
    const pid = Number(readPlainFile(path).trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new KfError('PIDFILE', `cannot read the pidfile ${path}`, messageOf(error), { cause: error });
  }
}

/** `link` fails where there is a file already: of two that start at once, one wins. */
function place(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    refuseIfOwned(path);
    renameSync(draft, path);
  }
}

function refuseIfOwned(path: string): void {
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.uid !== process.getuid?.()) {
    throw new KfError('PIDFILE', `the pidfile ${path} is not ours`, 'it is of another user, or no plain file');
  }
  const pid = readPid(path);
  if (pid === undefined || pid === process.pid || !isAliveSince(pid, stat.mtimeMs)) return;
  throw new KfError('PIDFILE_IN_USE', `the pidfile ${path} is in use`, `process ${pid} owns it and runs`);
}

/** Whether the process that wrote a file at `written` still runs: its pid may have been given to another since. */
function isAliveSince(pid: number, written: number): boolean {
  if (!processExists(pid)) return false;
  const started = startOf(pid);
  return started === undefined || started <= written + 1_000;
}

/** Wall clock in milliseconds; undefined where there is no /proc. */
function startOf(pid: number): number | undefined {
  try {
    const boot = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]) * 1_000;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const start = boot + Number(fields[19]) * TICK;
    return Number.isFinite(start) ? start : undefined;
  } catch (error) {
    if (codeOf(error) !== undefined) return undefined;
    throw error;
  }
}
