import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { messageOf } from '../../contract/system-error.js';
import { type HeldOutput, holdOutput } from '../../system/held-output.js';
import { openLogFile } from '../../system/log-file.js';
import { bytesWaiting } from '../node-internals/write-queue.js';

/** As much as a pipe takes as a whole, however many write to it (PIPE_BUF of Linux). */
const WHOLE = 4_096;
/** How much may wait for a reader of stdout that does not read, in bytes. */
const ROOM = 1_048_576;

interface TargetParts {
  /** The line that stands where lines are missing. */
  gap(lines: number, why: string): string;
  onProblem(problem: string): void;
  onMended(dropped: number): void;
}

/** Where the lines go. Nothing of it throws or blocks; what is not taken waits, 1 MiB of it, and is then dropped and counted. */
interface Target {
  /** They are the caller's again when it returns. */
  write(lines: Buffer): void;
  /** Opens the file anew. */
  reopen(): void;
  /** Tries what waits, and says whether anything does. */
  settle(): boolean;
}

/** @throws KfError LOG_FILE for a file that cannot be opened for a reason that does not pass by itself */
export function openTarget(path: string, parts: TargetParts): Target {
  return path === '-' ? openStdout(parts) : openFile(path, parts);
}

function openFile(path: string, parts: TargetParts): Target {
  const file = openLogFile({ path, maxSize: undefined, ...parts, now: () => performance.now(), timer });
  return {
    write: file.write,
    reopen: () => {
      try {
        file.reopen();
      } catch (error) {
        parts.onProblem(messageOf(error));
      }
    },
    settle: () => settle(file),
  };
}

function settle(held: Pick<HeldOutput, 'retry' | 'waiting'>): boolean {
  held.retry();
  return held.waiting() !== '';
}

/**
 * A pipe is opened once more, as a description of its own: one that does not block, where what several workers write never
 * stands in the middle of a line. A socket cannot be: so it is under a terminal, --log-file and pm2, where the line goes
 * the way of all output.
 */
function openStdout(parts: TargetParts): Target {
  const piped = !fstatSync(1).isFile();
  // A file does not block, and all who write to it have one place in it: by `> all.log 2>&1` nobody appends.
  const fd = piped ? reopened() : 1;
  if (fd === undefined) return throughStream(parts);
  let gone = false;
  const held = holdOutput({
    put: (bytes) => (gone ? bytes.length : writeSync(fd, piped ? wholeLines(bytes) : bytes)),
    gap: (lines) => parts.gap(lines, piped ? 'nobody read them' : 'stdout took no more'),
    onError: ({ code, message }) => {
      if (code === 'EPIPE')
        gone = true; // whoever read it has gone (`| head`)
      else parts.onProblem(`cannot write to stdout: ${message}`);
    },
    onWritten: (dropped) => dropped > 0 && parts.onMended(dropped),
    timer,
  });
  return { write: held.write, reopen: () => undefined, settle: () => settle(held) };
}

function reopened(): number | undefined {
  try {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
    return openSync('/proc/self/fd/1', flags);
  } catch {
    return undefined; // a socket, one of another user, or no /proc
  }
}

/** The first lines that a pipe takes as a whole; of a longer line what it takes. */
function wholeLines(bytes: Buffer): Buffer {
  if (bytes.length <= WHOLE) return bytes;
  const end = bytes.lastIndexOf(10, WHOLE - 1);
  return bytes.subarray(0, end < 0 ? WHOLE : end + 1);
}

function throughStream({ gap }: TargetParts): Target {
  let missing = 0;
  return {
    write: (lines) => {
      if (bytesWaiting(process.stdout) + lines.length > ROOM) {
        missing += lines.toString('latin1').split('\n').length - 1;
        return;
      }
      if (missing > 0) process.stdout.write(gap(missing, 'nobody read them'));
      missing = 0;
      process.stdout.write(Buffer.from(lines)); // it may wait
    },
    reopen: () => undefined,
    settle: () => false, // the exit waits for stdout as such
  };
}

function timer(delay: number, callback: () => void): () => void {
  const armed = setTimeout(callback, delay).unref(); // it keeps no worker from its end
  return () => clearTimeout(armed);
}
