import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { codeOf } from '../contract/system-error.js';

/** A pipe from which nothing has come for that long after the exit is held open by a grandchild, in milliseconds. */
const QUIET = 250;
/** An exit that Node has not reported so long after the channel closed is looked for, in milliseconds. */
const UNREPORTED = 1_000;
/** So often in a row something may have come: a grandchild may talk for ever. */
const ROUNDS = 40;

/**
 * `close` is `exit` with its output read to the end: a boot error must be whole before it is shown, and what a worker said last
 * before its supervisor ends. Where a grandchild holds a pipe open `close` never comes, and the worker is gone all the same.
 */
export function listenForExit(child: ChildProcess, onExit: (code: number | null, signal: string | null) => void): void {
  if (child.pid === undefined) return; // nothing was started, and `onForkFailed` says so
  let ended = false;
  let outcome: [number | null, string | null] = [null, null];
  const end = () => {
    if (ended) return;
    ended = true;
    onExit(...outcome);
  };
  const wait = (read: number, rounds: number) => {
    if (!ended) setTimeout(look, QUIET, read, rounds).unref();
  };
  // Behind one poll: if this process did not get to run, what has come is not read yet.
  const look = (before: number, rounds: number) =>
    setImmediate(() => {
      const now = bytesOf(child);
      if (now === before || rounds === 0) end();
      else wait(now, rounds - 1);
    });
  child.on('exit', (code, signal) => {
    outcome = [code, signal];
    wait(bytesOf(child), ROUNDS);
  });
  child.on('close', end);
  // Whoever else waits for the children of this process takes their exits from Node, which then never reports them.
  const unreported = () => {
    if (ended || child.exitCode !== null || child.signalCode !== null) return;
    const there = isThere(child.pid);
    if (there === 'no') end();
    if (there !== 'as a zombie') return;
    waitAgain();
    lookLater();
  };
  // Behind one poll as well. A process can end while the others of that turn are served: its exit is then reported in the next.
  const lookLater = () => void setTimeout(() => setImmediate(unreported), UNREPORTED).unref();
  child.once('disconnect', lookLater);
}

/** Where its wait for a child failed, libuv waits again only at the next SIGCHLD (uv__wait_children in src/unix/process.c). */
function waitAgain(): void {
  try {
    process.kill(process.pid, 'SIGCHLD');
  } catch {} // the next look asks again
}

/** A zombie has ended, and nobody has taken its exit yet: Node will, at a signal. */
function isThere(pid = 0): 'yes' | 'no' | 'as a zombie' {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.startsWith(') Z', stat.lastIndexOf(')')) ? 'as a zombie' : 'yes';
  } catch (error) {
    // No /proc, or no descriptor is left: then nothing is known, and it is taken for one that runs.
    return codeOf(error) === 'ENOENT' && hasProc() ? 'no' : 'yes';
  }
}

function hasProc(): boolean {
  try {
    return readFileSync('/proc/self/stat', 'utf8') !== '';
  } catch {
    return false;
  }
}

function bytesOf({ stdout, stderr }: ChildProcess): number {
  const counting: readonly ((typeof stdout & { readonly bytesRead?: number }) | null)[] = [stdout, stderr];
  return counting.reduce((sum, stream) => sum + (stream?.bytesRead ?? 0), 0);
}
