import { closeSync, constants, fstatSync, openSync, realpathSync, renameSync, statSync, writeSync } from 'node:fs';
import { KfError } from '../contract/errors.js';
import type { Dropped } from '../contract/output-state.js';
import { codeOf, messageOf, systemFix } from '../contract/system-error.js';
import { holdOutput } from './held-output.js';
import { LogProblems } from './log-problems.js';

/** How often it is looked whether the file was moved, truncated or removed, in milliseconds; only while it is written to. */
const LOOK = 200;
/** How much a file that cannot be renamed grows until that is tried again, as a share of its greatest size. */
const GROWTH = 0.1;

export interface LogFileParts {
  readonly path: string;
  /** Bytes at which it becomes `FILE.1`; no limit when undefined. */
  readonly maxSize: number | undefined;
  /** The descriptor for it, for whoever has a way of his own to it. */
  readonly open?: () => number;
  /** What stands in the file where lines are missing. */
  gap(lines: number, why: string): string;
  /** What is wrong, reported once until it changes. */
  onProblem(problem: string): void;
  /** It is written again, and so many lines were dropped. */
  onMended(dropped: number): void;
  /** Monotonic, milliseconds. */
  now(): number;
  timer(delay: number, callback: () => void): () => void;
}

/** A file of lines that survives what happens to it. */
export interface LogFile {
  /** Never throws, and does not block on a FIFO. What cannot be written is held, a bounded amount, then dropped and counted. */
  write(chunk: Buffer | string): void;
  /** Opens the path anew, as after a rotation by others. @throws KfError LOG_FILE; the file that is open stays */
  reopen(): void;
  /** What is wrong now. */
  problem(): string | undefined;
  dropped(): Dropped;
  /** What it holds back. */
  waiting(): string;
  /** Tries to write what it holds back. */
  retry(): void;
}

/**
 * Appends to a file, which becomes `FILE.1` when it has grown beyond `maxSize` bytes; the `FILE.1` before is replaced.
 * Writes are synchronous: lines stay in order, and the last lines of a primary that ends are there. A file that others
 * have moved, truncated or removed is noticed and opened anew.
 *
 * @throws KfError LOG_FILE when it cannot be opened for a reason that does not pass by itself
 */
export function openLogFile(parts: LogFileParts): LogFile {
  const problems = new LogProblems(parts);
  const file = new PathFile(parts, problems);
  try {
    file.open();
  } catch (error) {
    if (!mayPass(error)) throw cannotWrite(parts.path, error);
    problems.cannotWrite(error);
  }
  const held = holdOutput({
    put: (bytes) => file.put(bytes),
    gap: (lines) => parts.gap(lines, problems.cause),
    onError: (error) => {
      problems.cannotWrite(error);
      file.failed(error);
    },
    onWritten: (lines) => {
      problems.mended();
      parts.onMended(lines);
    },
    timer: parts.timer,
  });
  return {
    ...held,
    problem: () => problems.now(),
    reopen: () => {
      try {
        file.open();
      } catch (error) {
        throw cannotWrite(parts.path, error);
      }
      held.retry();
    },
  };
}

/** A missing folder stays missing; a full disk, too many open files or a FIFO without a reader may be another in a second. */
const PASSING: ReadonlySet<string | undefined> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENXIO',
  'EAGAIN',
]);

const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOCTTY | constants.O_NONBLOCK;

/** The descriptor for a log file; a FIFO does not block, then or later. Throws what the system says. */
export function openForLog(path: string): number {
  return openSync(path, FLAGS, 0o640);
}

/** Whether a log file that cannot be opened now may be opened later, without anybody's help. */
export function mayPass(error: unknown): boolean {
  return PASSING.has(codeOf(error));
}

export function cannotWrite(path: string, error: unknown): KfError {
  // Another file does not help against what passes: a full disk, too many open files. EAGAIN is a FIFO here, not a fork.
  const fix = mayPass(error) && codeOf(error) !== 'EAGAIN' ? systemFix(codeOf(error)) : undefined;
  return new KfError('LOG_FILE', `cannot write the log file ${path}`, messageOf(error), {
    cause: error,
    ...(fix !== undefined && { fix }),
  });
}

interface Open {
  readonly fd: number;
  readonly regular: boolean;
  readonly dev: number;
  readonly ino: number;
  size: number;
}

/** The file behind a path, whatever becomes of the path. */
class PathFile {
  readonly #parts: LogFileParts;
  readonly #problems: LogProblems;
  readonly #maxSize: number;
  #current: Open | undefined;
  #lookedAt: number;
  #missing = false;
  #rotateAt: number;

  constructor(parts: LogFileParts, problems: LogProblems) {
    this.#parts = parts;
    this.#problems = problems;
    this.#maxSize = parts.maxSize ?? Number.POSITIVE_INFINITY;
    this.#rotateAt = this.#maxSize;
    this.#lookedAt = parts.now();
  }

  /** Opens the path, also anew. Throws what the system says; what is open then stays. */
  open(): Open {
    const { path, open = () => openForLog(path) } = this.#parts;
    const fd = open();
    const before = this.#current;
    const stat = fstatSync(fd);
    const opened = { fd, dev: stat.dev, ino: stat.ino, size: stat.size, regular: stat.isFile() };
    this.#current = opened;
    if (before) closeSync(before.fd);
    this.#missing = false;
    this.#problems.clear('place');
    this.#rotateAt = this.#maxSize;
    return opened;
  }

  put(bytes: Buffer): number {
    this.#look();
    const { size, regular } = this.#current ?? this.open();
    if (regular && size > 0 && size + bytes.length > this.#rotateAt) this.#rotate(size);
    const current = this.#current ?? this.open();
    const written = writeSync(current.fd, bytes);
    current.size += written;
    this.#problems.clear('writing');
    return written;
  }

  /** After an error: whoever read it has gone, or the disk has; another time it is opened anew. */
  failed({ code }: NodeJS.ErrnoException): void {
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    if (!this.#current || (isFull && this.#current.regular)) return;
    closeSync(this.#current.fd);
    this.#current = undefined;
  }

  #openQuietly(): void {
    try {
      this.open();
    } catch (error) {
      this.#problems.set('place', `cannot open ${this.#parts.path} anew: ${messageOf(error)}`);
    }
  }

  #look(): void {
    const { path, now } = this.#parts;
    const current = this.#current;
    if (!current?.regular || now() - this.#lookedAt < LOOK) return;
    this.#lookedAt = now();
    const there = statOf(path);
    if (there === 'unknown') return;
    if (there === undefined) {
      // Whoever moved it may be about to make the new one, with an owner and a mode: he is given until the next look.
      if (this.#missing) this.#openQuietly();
      this.#missing = true;
    } else if (there.ino !== current.ino || there.dev !== current.dev) this.#openQuietly();
    else {
      this.#missing = false;
      current.size = Math.min(current.size, there.size); // somebody truncated it
    }
  }

  #rotate(size: number): void {
    const { path } = this.#parts;
    try {
      const real = realpathSync(path); // or the link would be renamed, and not what it names
      renameSync(real, `${real}.1`);
    } catch (error) {
      this.#rotateAt = size + this.#maxSize * GROWTH;
      this.#problems.set('place', `cannot rename ${path}, so it grows: ${messageOf(error)}`);
      return;
    }
    this.#openQuietly(); // if it cannot, what is open now is FILE.1, and the next look tries again
  }
}

/** Undefined: it is not there. */
function statOf(path: string): { dev: number; ino: number; size: number } | 'unknown' | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return 'unknown'; // the folder cannot be read now; the file that is open is written on
  }
}
