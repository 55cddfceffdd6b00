import type { Dropped } from '../contract/output-state.js';

/** How much may wait for a target that takes nothing, in bytes. */
const ROOM = 1_048_576;
/** What a waiting chunk costs beside its text, in bytes. */
const OVERHEAD = 100;
/** From a write that would block to the next try, in milliseconds; doubled each time up to the second. */
const PATIENCE = { first: 20, most: 500 } as const;
/** The same after an error. */
const AFTER_ERROR = 1_000;

export interface HeldTarget {
  /** Writes what it can without blocking; returns how many bytes it took. Throws what the system says. */
  put(bytes: Buffer): number;
  /** Stands where lines are missing. */
  gap(lines: number): string;
  /** It cannot be written. Called at each failed try. */
  onError(error: NodeJS.ErrnoException): void;
  /** All that waited is written, and so many lines were dropped before. */
  onWritten(dropped: number): void;
  timer(delay: number, callback: () => void): () => void;
}

/** Output for a target that may fail or stand still. */
export interface HeldOutput {
  /** Never throws and never blocks. What cannot be written now waits, up to 1 MiB; the rest is dropped and counted. */
  write(chunk: Buffer | string): void;
  /** Tries now what waits. */
  retry(): void;
  /** What waits. */
  waiting(): string;
  dropped(): Dropped;
}

export function holdOutput(target: HeldTarget): HeldOutput {
  let queue: Buffer[] = [];
  let size = 0;
  let unreported = 0;
  let total = { lines: 0, bytes: 0 };
  let delay: number = PATIENCE.first;
  let disarm: (() => void) | undefined;
  let midLine = false;

  /** Returns what could not be written. */
  const attempt = (bytes: Buffer): Buffer | undefined => {
    let at = 0;
    try {
      while (at < bytes.length) at += target.put(bytes.subarray(at));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const busy = code === 'EAGAIN' || code === 'EINTR';
      if (!busy) target.onError(error as NodeJS.ErrnoException);
      arm(busy ? delay : AFTER_ERROR);
      delay = Math.min(delay * 2, PATIENCE.most);
    }
    if (at > 0) midLine = bytes[at - 1] !== 10;
    return at === bytes.length ? undefined : bytes.subarray(at);
  };
  const arm = (ms: number) => {
    disarm?.();
    disarm = target.timer(ms, retry);
  };
  const hold = (bytes: Buffer) => {
    if (size + bytes.length + OVERHEAD > ROOM) {
      const lines = Math.max(1, bytes.toString('latin1').split('\n').length - 1);
      unreported += lines;
      total = { lines: total.lines + lines, bytes: total.bytes + bytes.length };
      return;
    }
    queue.push(bytes);
    size += bytes.length + OVERHEAD;
  };
  const retry = () => {
    disarm?.();
    disarm = undefined;
    const [first] = queue;
    if (!first) return;
    const rest = attempt(queue.length === 1 ? first : Buffer.concat(queue));
    queue = rest ? [rest] : [];
    size = rest ? rest.length + OVERHEAD : 0;
    if (!rest) written();
  };
  const written = () => {
    delay = PATIENCE.first;
    const lines = unreported;
    unreported = 0;
    if (lines > 0) write(`${midLine ? '\n' : ''}${target.gap(lines)}`);
    if (queue.length === 0) target.onWritten(lines);
  };
  const write = (chunk: Buffer | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const rest = queue.length > 0 ? bytes : attempt(bytes);
    if (rest) hold(rest);
  };
  return {
    write,
    retry,
    waiting: () => Buffer.concat(queue).toString(),
    dropped: () => total,
  };
}
