import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Dropped } from '../contract/output-state.js';
import { holdOutput } from '../system/held-output.js';
import { isTerminal } from '../system/is-terminal.js';

/** How much may wait for a reader that does not read, in bytes. */
const ROOM = 1_048_576;

interface StdStreamParts {
  /** What stands there where lines are missing. */
  gap(lines: number): string;
  timer(delay: number, callback: () => void): () => void;
}

/** Our stdout or stderr. */
export interface StdStream {
  readonly isTerminal: boolean;
  /**
   * Never throws and never blocks, whatever it is and whoever does not read it: a bounded amount waits, the rest is
   * dropped and counted.
   */
  write(chunk: Buffer | string): void;
  dropped(): Dropped;
}

/**
 * A pipe or a socket is left to Node, which does not block on one. To a file and to a terminal it writes with blocking
 * calls: a full disk would end the stream for good, and a terminal that was stopped (Ctrl-S, a dead ssh) the whole process.
 */
export function openStdStream(fd: 1 | 2, parts: StdStreamParts): StdStream {
  const onTerminal = isTerminal(fd);
  // Others write to it too, and whoever read it may have gone (`| head`): the workers serve on.
  (fd === 1 ? process.stdout : process.stderr).on('error', () => undefined);
  const own = onTerminal ? openTerminal(fd) : isFile(fd) ? fd : undefined;
  return { isTerminal: onTerminal, ...(own === undefined ? byNode(fd, parts) : byHand(own, onTerminal, parts)) };
}

function byHand(fd: number, onTerminal: boolean, parts: StdStreamParts): Omit<StdStream, 'isTerminal'> {
  let gone = false;
  return holdOutput({
    put: (bytes) => (gone ? bytes.length : writeSync(fd, bytes)),
    gap: parts.gap,
    onError: () => {
      if (!onTerminal || gone) return;
      gone = true; // a terminal that was hung up does not come back
      closeSync(fd);
    },
    onWritten: () => undefined,
    timer: parts.timer,
  });
}

function byNode(fd: 1 | 2, { gap }: StdStreamParts): Omit<StdStream, 'isTerminal'> {
  const stream = fd === 1 ? process.stdout : process.stderr;
  let total = { lines: 0, bytes: 0 };
  let unreported = 0;
  stream.on('drain', () => {
    const lines = unreported;
    unreported = 0;
    if (lines > 0) stream.write(gap(lines));
  });
  return {
    write: (chunk) => {
      // Once something is missing, nothing is written until the reader has caught up: there the notice stands.
      if (unreported === 0 && (stream.writableLength ?? 0) + chunk.length <= ROOM) return void stream.write(chunk);
      const lines = Math.max(1, chunk.toString().split('\n').length - 1);
      unreported += lines;
      total = { lines: total.lines + lines, bytes: total.bytes + chunk.length };
    },
    dropped: () => total,
  };
}

/** The terminal once more, as a description of its own that does not block; undefined where that is not allowed. */
function openTerminal(fd: 1 | 2): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined; // it belongs to another user (su), or there is no /proc
  }
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false; // it is closed
  }
}
