/** What an attribute can hold; 64-bit integers that a number cannot carry exactly are bigints. */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** In the order of the numbers OTLP gives them. */
export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
type SpanKind = (typeof SPAN_KINDS)[number];

/** In the order of the numbers OTLP gives them. */
export const STATUS_CODES = ['unset', 'ok', 'error'] as const;
type StatusCode = (typeof STATUS_CODES)[number];

interface SpanEvent {
  readonly name: string;
  readonly timeNs: bigint;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly schemaUrl: string;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly schemaUrl: string;
}

/** A received log record as plain data. */
export interface LogEntry {
  readonly timeNs: bigint;
  /** As OTLP numbers them: 9 is INFO, 13 WARN, 17 ERROR. */
  readonly severity: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  /** '' outside a span. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  readonly eventName: string;
  readonly resource: Resource;
  readonly scope: Scope;
}

/** In the order of the numbers OTLP gives them. */
export const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'] as const;

/** One point of a metric. A distribution has a count and a sum, anything else a value. */
export interface MetricPoint {
  readonly timeNs: bigint;
  readonly attributes: Attributes;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly buckets?: Buckets;
}

/** How many values are at most each bound and above the one before; the last count is of what is above all. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** A received metric as plain data. */
export interface MetricEntry {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';
  readonly temporality: (typeof TEMPORALITIES)[number];
  readonly monotonic: boolean;
  readonly points: readonly MetricPoint[];
  readonly resource: Resource;
  readonly scope: Scope;
}

/** A received span as plain data; ids are lower-case hex, times nanoseconds since 1970. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the root of a trace. */
  readonly parentSpanId: string | undefined;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly status: { readonly code: StatusCode; readonly message: string };
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
  readonly resource: Resource;
  readonly scope: Scope;
}
