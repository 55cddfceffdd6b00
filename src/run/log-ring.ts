import { StringDecoder } from 'node:string_decoder';
import type { LogLine } from '../contract/control-protocol.js';

import type { Dropped } from '../contract/output-state.js';
import type { LogTail } from '../control/control-context.js';
import type { OutputTap } from '../supervisor/worker-output.js';

/** How many lines are kept, and how much of each, in characters. */
const LINES = 1_000;
const LENGTH = 4_096;

/** The last lines of all output, for `kf-cluster logs`. */
export interface Ring extends LogTail {
  /** A line of our own log. */
  own(line: string): void;
  /** Two processes have one slot while it is reloaded: their lines are put together apart. */
  readonly worker: OutputTap;
  missed(): Dropped;
}

export function createRing(now: () => number = Date.now): Ring {
  const kept: LogLine[] = [];
  const followers = new Set<(line: LogLine) => void>();
  let seq = 0;
  let missed = { lines: 0, bytes: 0 };
  const add = (slot: number | undefined, stream: LogLine['stream'], text: string) => {
    seq += 1;
    const line = { seq, at: now(), slot, stream, text: text.slice(0, LENGTH) };
    kept.push(line);
    // In one piece for many lines: to shift an array for each line is work for each line.
    if (kept.length >= 2 * LINES) kept.splice(0, kept.length - LINES);
    for (const follower of followers) follower(line);
  };
  return {
    own: (line) => add(undefined, 'log', line.trimEnd()),
    worker: (slot, stream) => {
      const decoder = new StringDecoder();
      let begun = '';
      const take = (text: string, isLong: boolean) => {
        const parts = (begun + text).split('\n');
        begun = detached(parts.pop() ?? '', isLong);
        for (const part of parts) add(slot, stream, detached(part, isLong));
      };
      return {
        write: (chunk) => take(decoder.write(chunk), chunk.length > LENGTH),
        end: () => {
          const text = decoder.end();
          if (begun + text !== '') take(`${text}\n`, false);
        },
      };
    },
    lines: () => kept.slice(-LINES),
    miss: (lines, bytes) => {
      missed = { lines: missed.lines + lines, bytes: missed.bytes + bytes };
    },
    missed: () => missed,
    follow: (callback) => {
      followers.add(callback);
      return () => void followers.delete(callback);
    },
  };
}

/** What is kept of a line, also of one that has no end yet. V8 would keep the whole text that it was cut from with it. */
function detached(text: string, isLong: boolean): string {
  return isLong || text.length > LENGTH ? Buffer.from(text.slice(0, LENGTH)).toString() : text;
}
