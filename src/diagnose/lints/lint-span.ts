import type { WatchedSpan } from '../../contract/watched-span.js';

export type { WatchedKind as LintKind, WatchedSpan as LintSpan } from '../../contract/watched-span.js';

/** What a lint has found. No value of an attribute stands in it. */
export interface LintFinding {
  /** Stable. */
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** Ids of a few traces that show it. */
  readonly examples: readonly WatchedSpan['traceId'][];
}

/** One row of a table of lints; its key is its id. */
export interface LintRow {
  readonly severity: LintFinding['severity'];
  /** What it looks for, for the docs. */
  readonly about: string;
  /** `names`: what was found, a few of it. */
  describe(found: Found): Pick<LintFinding, 'what' | 'why' | 'fix'>;
}

/** How often something was found in one service. */
export interface Found {
  readonly service: string;
  readonly count: number;
  /** A few names of what was found, joined. */
  readonly names: string;
}

/** `1 span`, `3 spans`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
