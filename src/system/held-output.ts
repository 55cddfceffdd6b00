import type { Dropped } from '../contract/output-state.js';
import { asError, codeOf } from '../contract/system-error.js';

/** How much may wait for a target that takes nothing, in bytes. */
const ROOM = 1_048_576;
/** What a waiting chunk costs beside its text, in bytes. */
const OVERHEAD = 100;
/** From a write that would block to the next try, in milliseconds; doubled each time up to the second. */
const PATIENCE = { first: 20, most: 500 } as const;
/** The same after an error. */
const AFTER_ERROR = 1_000;

interface HeldTarget {
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
  /**
   * Never throws and never blocks. What cannot be written now waits, up to 1 MiB; the rest is dropped and counted. Bytes are the
   * caller's again when it returns.
   */
  write(chunk: Buffer | string): void;
  /** Tries now what waits. */
  retry(): void;
  /** What waits. */
  waiting(): string;
  dropped(): Dropped;
}

export function holdOutput(target: HeldTarget): HeldOutput {
  const queue = new Queue();
  let unreported = 0;
  let total = { lines: 0, bytes: 0 };
  let delay: number = PATIENCE.first;
  let disarm: (() => void) | undefined;
  let midLine = false;

  const arm = (ms: number) => {
    disarm?.();
    disarm = target.timer(ms, retry);
  };
  const failed = (error: unknown) => {
    const code = codeOf(error);
    const busy = code === 'EAGAIN' || code === 'EINTR';
    if (!busy) target.onError(asError(error));
    arm(busy ? delay : AFTER_ERROR);
    delay = Math.min(delay * 2, PATIENCE.most);
  };
  /** Returns what could not be written. */
  const attempt = (bytes: Buffer): Buffer | undefined => {
    const at = putAll(target, bytes, failed);
    if (at > 0) midLine = bytes[at - 1] !== 10;
    return at === bytes.length ? undefined : bytes.subarray(at);
  };
  const retry = () => {
    disarm?.();
    disarm = undefined;
    if (queue.isEmpty()) return;
    queue.replace(attempt(queue.bytes()));
    if (queue.isEmpty()) written();
  };
  const written = () => {
    delay = PATIENCE.first;
    const lines = unreported;
    unreported = 0;
    if (lines > 0) write(`${midLine ? '\n' : ''}${target.gap(lines)}`);
    if (queue.isEmpty()) target.onWritten(lines);
  };
  const drop = (bytes: Buffer) => {
    const lines = Math.max(1, bytes.toString('latin1').split('\n').length - 1);
    unreported += lines;
    total = { lines: total.lines + lines, bytes: total.bytes + bytes.length };
  };
  const write = (chunk: Buffer | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const rest = queue.isEmpty() ? attempt(bytes) : bytes;
    if (rest && !queue.add(rest)) drop(rest);
  };
  return { write, retry, waiting: () => queue.bytes().toString(), dropped: () => total };
}

/** @returns how many bytes were taken before the error, or all */
function putAll(target: HeldTarget, bytes: Buffer, onError: (error: unknown) => void): number {
  let at = 0;
  try {
    while (at < bytes.length) at += target.put(bytes.subarray(at));
  } catch (error) {
    onError(error);
  }
  return at;
}

/** What waits. */
class Queue {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @returns false when there is no room for it */
  add(bytes: Buffer): boolean {
    if (this.#size + bytes.length + OVERHEAD > ROOM) return false;
    this.#chunks.push(Buffer.from(bytes));
    this.#size += bytes.length + OVERHEAD;
    return true;
  }

  replace(rest: Buffer | undefined): void {
    this.#chunks = rest ? [rest] : [];
    this.#size = rest ? rest.length + OVERHEAD : 0;
  }

  isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  bytes(): Buffer {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
  }
}
