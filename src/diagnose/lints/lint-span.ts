/** A span as the lints look at it: plain data, from a worker's SDK or from what a receiver has decoded. */
export interface LintSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the root of a trace. */
  readonly parentId: string | undefined;
  /** Whether the parent is in another process; undefined where that is not known. */
  readonly parentIsRemote?: boolean | undefined;
  /** Whether the parent is recorded, where that was seen at the start; undefined: its own span shows it, or its absence. */
  readonly parentIsRecorded?: boolean | undefined;
  /** `service.name`. */
  readonly service: string;
  /** The instrumentation's name; the supervisor's own spans have `kf-cluster`. */
  readonly scope?: string | undefined;
  readonly name: string;
  readonly kind: LintKind;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** The same; what it is of a span that has not ended does not count. */
  readonly endMs: number;
  /** False for one that was seen at its start; the same span may come again when it has ended. */
  readonly ended: boolean;
  readonly status: 'unset' | 'ok' | 'error';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string }[];
}

export type LintKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** What a lint has found. No value of an attribute stands in it. */
export interface LintFinding {
  /** Stable. */
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** Ids of a few traces that show it. */
  readonly examples: readonly string[];
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
