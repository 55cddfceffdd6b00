// The rows of the page's views: a part of page-api.ts, from where both sides import it.

/** Milliseconds since the epoch, with fractions. */
export type Time = number;
/** Milliseconds, with fractions. */
export type Duration = number;
/** A worker as the supervisor knows it: `slot` from 0, `generation` from 1. Undefined parts: a foreign sender. */
export interface WorkerRef {
  readonly slot?: number;
  readonly generation?: number;
  readonly pid?: number;
}

export interface TraceRow {
  readonly traceId: string;
  readonly cursor: string;
  readonly start: Time;
  readonly duration: Duration;
  readonly name: string;
  readonly service: string;
  readonly route?: string;
  readonly status?: number;
  readonly spans: number;
  readonly errors: number;
  readonly worker: WorkerRef;
  /** A health probe (/healthz, /readyz, kube-probe ...): folded away unless asked for. */
  readonly probe: boolean;
}
export interface TraceList {
  readonly rows: readonly TraceRow[];
  readonly more: boolean;
  readonly tookMs: number;
}

export interface TraceDetail {
  readonly traceId: string;
  readonly spans: readonly SpanNode[];
  readonly logs: readonly LogRow[];
  /** Parents that spans name and that are not held, each with the reason where the account knows one. */
  readonly missing: readonly { readonly spanId: string; readonly reason: string }[];
}
/** In the order of the waterfall: parents before children, siblings by start. */
export interface SpanNode {
  readonly spanId: string;
  readonly parentId?: string;
  readonly depth: number;
  readonly name: string;
  readonly kind: SpanKindName;
  readonly service: string;
  readonly worker: WorkerRef;
  readonly start: Time;
  readonly duration: Duration;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage?: string;
  readonly attributes: readonly Attribute[];
  readonly events: readonly { readonly at: Time; readonly name: string; readonly attributes: readonly Attribute[] }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Siblings of one name and kind that follow each other: how many the first of them stands for (N+1 when >= 5). */
  readonly repeated?: { readonly count: number; readonly total: Duration; readonly spanIds: readonly string[] };
}
export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer';
/** Values as text; `type` says what they were. */
export type Attribute = readonly [
  key: string,
  value: string,
  type: 'string' | 'number' | 'boolean' | 'array' | 'map' | 'bytes',
];

export interface RouteRow {
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly all: Red;
  readonly byWorker: readonly { readonly slot: number; readonly red: Red }[];
  readonly byGeneration: readonly { readonly generation: number; readonly red: Red }[];
  /** The newest generation against the one before: set when slower or more errors beyond noise. */
  readonly regression?: { readonly what: 'slower' | 'errors'; readonly from: number; readonly to: number };
}
/** Rate (a second over the last minute), errors (share), duration (ms); the histogram has a fixed list of bounds. */
export interface Red {
  readonly count: number;
  readonly rate: number;
  readonly errors: number;
  readonly p50: Duration;
  readonly p95: Duration;
  readonly p99: Duration;
  readonly buckets: readonly number[];
}
export const HISTOGRAM_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
];

export interface ErrorGroup {
  readonly key: string;
  readonly type: string;
  readonly message: string;
  readonly frame?: string; // the app's own, topmost
  readonly count: number;
  readonly first: Time;
  readonly last: Time;
  readonly workers: readonly number[];
  readonly routes: readonly string[];
  readonly traceIds: readonly string[]; // the last few
  readonly stack?: string;
}
export interface MapNode {
  readonly id: string;
  readonly label: string;
  readonly kind: 'service' | 'database' | 'queue' | 'http' | 'client';
  readonly rate: number;
  readonly errors: number;
}
export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly rate: number;
  readonly errors: number;
  readonly p95: Duration;
}

export interface LogRow {
  readonly cursor: string;
  readonly at: Time;
  readonly severity: string;
  readonly severityNumber: number;
  readonly body: string;
  readonly worker: WorkerRef;
  readonly service: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes: readonly Attribute[];
}
export interface LogList {
  readonly rows: readonly LogRow[];
  readonly more: boolean;
}

export interface MetricView {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly series: readonly MetricSeries[];
}
export interface MetricSeries {
  readonly worker: WorkerRef;
  readonly attributes: readonly Attribute[];
  readonly points: readonly (readonly [at: Time, value: number])[]; // of a histogram: its count
  readonly histogram?: {
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
    readonly sum: number;
    readonly count: number;
  };
}
