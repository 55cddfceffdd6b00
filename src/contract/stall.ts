/**
 * The descriptor on which a worker's watchdog thread talks to the primary: the fifth entry of the worker's stdio, a
 * pipe of its own. The IPC channel belongs to the main thread, which is blocked, and stderr carries the app's words:
 * whoever gets a line into a log could have a worker killed.
 */
export const STALL_FD = 4;

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

/** One line, ending in a newline. */
export function stallLine(report: StallReport): string {
  return `${JSON.stringify(report)}\n`;
}

/** The report in a line, or undefined for one that is none. */
export function parseStall(line: string): StallReport | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const report: unknown = JSON.parse(line);
    return isReport(report) ? report : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // the app wrote to our descriptor
    throw error;
  }
}

function isReport(value: unknown): value is StallReport {
  if (typeof value !== 'object' || value === null) return false;
  const { type, ms, frames } = value as Partial<StallReport>;
  const known = type === 'stalled' || type === 'hung' || type === 'recovered';
  return known && typeof ms === 'number' && Array.isArray(frames) && frames.every((one) => typeof one === 'string');
}

/** The stall as text: a headline, and the calls below it as in any stack trace. */
export function renderStall(slot: number, { ms, frames, why }: Stall): string {
  const head = `worker ${slot} is blocked for ${(ms / 1000).toFixed(1)} s`;
  if (frames.length === 0) return `${head}; ${why ?? 'its stack is not known'}`;
  return `${head} in:${frames.map((frame) => `\n    at ${frame}`).join('')}`;
}
