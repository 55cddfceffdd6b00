import { longestEnd } from './worker-end.js';

/**
 * What a stop may take beyond its deadlines, in milliseconds: the primary ends a worker by force 2 s after them, and has some
 * work of its own to do after that.
 */
export const STOP_MARGIN = 3_000;

/** What a stop waits for, in milliseconds. */
export interface StopDeadlines {
  readonly drainDelayMs: number;
  readonly drainMs: number;
  readonly flushMs: number;
}

/** How long a stop may take by its deadlines, in milliseconds: a platform that kills earlier loses requests and spans. */
export function wholeStop({ drainDelayMs, drainMs, flushMs }: StopDeadlines): number {
  return drainDelayMs + longestEnd({ drain: drainMs, flush: flushMs }) + STOP_MARGIN;
}
