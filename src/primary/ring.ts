/** How many lines are kept, and how much of each, in characters. */
const LINES = 1_000;
const LENGTH = 4_096;

/** One line of output. */
export interface RingLine {
  /** Serial number; gaps say that older lines were dropped. */
  readonly seq: number;
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** Undefined for the primary. */
  readonly slot: number | undefined;
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly text: string;
}

/** The last lines of all output, for `kf-cluster logs`. */
export interface Ring {
  /** A line of our own log. */
  own(line: string): void;
  worker(slot: number, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  lines(): readonly RingLine[];
  /** Calls back for each new line, until what it returns is called. */
  follow(callback: (line: RingLine) => void): () => void;
}

export function createRing(now: () => number = Date.now): Ring {
  const kept: RingLine[] = [];
  const begun = new Map<string, string>();
  const followers = new Set<(line: RingLine) => void>();
  let seq = 0;
  const add = (slot: number | undefined, stream: RingLine['stream'], text: string) => {
    seq += 1;
    const line = { seq, at: now(), slot, stream, text: text.slice(0, LENGTH) };
    kept.push(line);
    // In one piece for many lines: to shift an array for each line is work for each line.
    if (kept.length >= 2 * LINES) kept.splice(0, kept.length - LINES);
    for (const follower of followers) follower(line);
  };
  return {
    own: (line) => add(undefined, 'log', line.trimEnd()),
    worker: (slot, stream, chunk) => {
      const key = `${slot} ${stream}`;
      const parts = ((begun.get(key) ?? '') + chunk).split('\n');
      begun.set(key, (parts.pop() ?? '').slice(0, LENGTH));
      for (const part of parts) add(slot, stream, part);
    },
    lines: () => kept.slice(-LINES),
    follow: (callback) => {
      followers.add(callback);
      return () => void followers.delete(callback);
    },
  };
}
