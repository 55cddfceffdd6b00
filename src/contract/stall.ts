/**
 * The descriptor on which a process that was started ahead of its turn waits for it: the fifth entry of a worker's stdio, a
 * pipe of its own.
 */
export const STANDBY_FD = 4;

/** A main thread that gave no sign of life. */
export interface Stall {
  /** Since its last sign of life, in milliseconds. */
  readonly ms: number;
  /** The calls that block it, innermost first, as `function (file:line:column)`; empty when they could not be read. */
  readonly frames: readonly string[];
  /** Why there are no frames. */
  readonly why?: string;
}

/**
 * `stalled`: most of the hang timeout is over. `hung`: all of it; the worker is to be killed. `recovered`: it was
 * stalled, perhaps hung, and runs again.
 */
export interface StallReport extends Stall {
  readonly type: 'stalled' | 'hung' | 'recovered';
}

/** The stall as text: a headline, and the calls below it as in any stack trace. */
/** @param who the worker's slot, or what else names it */
export function renderStall(who: number | string, { ms, frames, why }: Stall): string {
  const head = `worker ${who} is blocked for ${(ms / 1000).toFixed(1)} s`;
  if (frames.length === 0) return `${head}; ${why ?? 'its stack is not known'}`;
  return `${head} in:${frames.map((frame) => `\n    at ${frame}`).join('')}`;
}
