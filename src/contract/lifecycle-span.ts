/**
 * A span of the supervisor's own life: a reload, a crash loop, a worker that ended unplanned. See docs/TELEMETRY.md for
 * names and attributes. Times in milliseconds since 1970.
 */
export interface LifecycleSpan {
  /** 32 hexadecimal digits. Ids are given by the primary: a span that is sent twice is one span. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events: readonly {
    readonly name: string;
    readonly at: number;
    readonly attributes?: Readonly<Record<string, string>>;
  }[];
  /** Why it is an error, if it is one. */
  readonly error?: string;
  readonly children: readonly LifecycleSpan[];
}
