import { closeSync, constants, fstatSync, openSync, realpathSync, renameSync, statSync, writeSync } from 'node:fs';
import { KfError } from '../errors.js';
import { type Dropped, holdOutput } from './held-output.js';

/** How often it is looked whether the file was moved, truncated or removed, in milliseconds; only while it is written to. */
const LOOK = 200;
/** How much a file that cannot be renamed grows until that is tried again, as a share of its greatest size. */
const GROWTH = 0.1;
/** A disk that is now full and now not is told of so often, in milliseconds. */
const SAY_AGAIN = 60_000;

export interface LogFileParts {
  readonly path: string;
  /** Bytes at which it becomes `FILE.1`; no limit when undefined. */
  readonly maxSize: number | undefined;
  /** What stands in the file where lines are missing. */
  gap(lines: number, why: string): string;
  /** What is wrong, told once until it is another thing. */
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
 * Writes are synchronous: lines stay in order, and the last words of a primary that ends are there. A file that others
 * have moved, truncated or removed is noticed and opened anew.
 *
 * @throws KfError LOG_FILE when it cannot be opened for a reason that does not pass by itself
 */
export function openLogFile(parts: LogFileParts): LogFile {
  const file = createFile(parts);
  file.start();
  const held = holdOutput({
    put: file.put,
    gap: (lines) => parts.gap(lines, file.cause()),
    onError: file.failed,
    onWritten: (lines) => {
      file.mended();
      parts.onMended(lines);
    },
    timer: parts.timer,
  });
  return {
    write: held.write,
    dropped: held.dropped,
    waiting: held.waiting,
    retry: held.retry,
    problem: file.problem,
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
  return PASSING.has((error as NodeJS.ErrnoException).code);
}

export function cannotWrite(path: string, error: unknown): KfError {
  return new KfError('LOG_FILE', `cannot write the log file ${path}`, (error as Error).message, { cause: error });
}

interface Open {
  readonly fd: number;
  readonly regular: boolean;
  readonly dev: number;
  readonly ino: number;
  size: number;
}

function createFile({ path, maxSize = Number.POSITIVE_INFINITY, onProblem, now }: LogFileParts) {
  let current: Open | undefined;
  let lookedAt = now();
  let missing = false;
  let rotateAt = maxSize;
  let told: { readonly problem: string; readonly at: number } | undefined;
  let cause = `${path} took no more`;
  /** What is wrong with writing, and with its place in the folder. */
  const wrong: { writing: string | undefined; place: string | undefined } = { writing: undefined, place: undefined };

  const set = (what: keyof typeof wrong, problem: string) => {
    wrong[what] = problem;
    if (problem === told?.problem) return;
    told = { problem, at: now() };
    onProblem(problem);
  };
  const open = () => {
    const fd = openForLog(path);
    const before = current;
    const stat = fstatSync(fd);
    current = { fd, dev: stat.dev, ino: stat.ino, size: stat.size, regular: stat.isFile() };
    if (before) closeSync(before.fd);
    missing = false;
    wrong.place = undefined;
    rotateAt = maxSize;
  };
  const openQuietly = () => {
    try {
      open();
    } catch (error) {
      set('place', `cannot open ${path} anew: ${(error as Error).message}`);
    }
  };
  const look = () => {
    if (!current?.regular || now() - lookedAt < LOOK) return;
    lookedAt = now();
    const there = statOf(path);
    if (there === 'unknown') return;
    if (there === undefined) {
      // Whoever moved it may be about to make the new one himself, with an owner and a mode: he is given until the next look.
      if (missing) openQuietly();
      missing = true;
    } else if (there.ino !== current.ino || there.dev !== current.dev) openQuietly();
    else {
      missing = false;
      current.size = Math.min(current.size, there.size); // somebody truncated it
    }
  };
  const rotate = (size: number) => {
    try {
      const real = realpathSync(path); // or the link would be renamed, and not what it names
      renameSync(real, `${real}.1`);
    } catch (error) {
      rotateAt = size + maxSize * GROWTH;
      return set('place', `cannot rename ${path}, so it grows: ${(error as Error).message}`);
    }
    openQuietly(); // if it cannot, what is open now is FILE.1, and the next look tries again
  };
  return {
    open,
    /** @throws KfError LOG_FILE */
    start: () => {
      try {
        open();
      } catch (error) {
        if (!mayPass(error)) throw cannotWrite(path, error);
        set('writing', `cannot write ${path}: ${(error as Error).message}`);
      }
    },
    put: (bytes: Buffer): number => {
      look();
      if (!current) open();
      const { size, regular } = current!;
      if (regular && size > 0 && size + bytes.length > rotateAt) rotate(size);
      const written = writeSync(current!.fd, bytes);
      current!.size += written;
      wrong.writing = undefined;
      return written;
    },
    failed: (error: NodeJS.ErrnoException) => {
      cause = `cannot write ${path}: ${error.message}`;
      set('writing', cause);
      // Whoever read it has gone, or the disk has: another time it is opened anew.
      const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
      if (current && !(isFull && current.regular)) {
        closeSync(current.fd);
        current = undefined;
      }
    },
    mended: () => {
      if (told && now() - told.at > SAY_AGAIN) told = undefined;
    },
    cause: () => cause,
    problem: () => wrong.writing ?? wrong.place,
  };
}

/** Undefined: it is not there. */
function statOf(path: string): { dev: number; ino: number; size: number } | 'unknown' | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return 'unknown'; // the folder cannot be read now; the file that is open is written on
  }
}
