import type { LogLine } from './control-protocol.js';

/** What one reader hears of stdout of the workers. */
export interface StdoutListener {
  /** First, once: the lines that are kept; undefined when nobody answers. */
  onKept(lines: readonly LogLine[] | undefined): void;
  /** Then, where it follows, those that come; so many before them are left out. */
  onLines(lines: readonly LogLine[], missed: number): void;
}

/** Asks the process that reads stdout of the workers in place of their primary. Ends when what it returns is called. */
export type StdoutElsewhere = (follow: boolean, listener: StdoutListener) => () => void;
