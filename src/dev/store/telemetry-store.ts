import type { LogEntry, SpanRecord } from '../model.js';
import { createFairShare, type Evictable, type FairShare } from './fair-share.js';
import { LogSegment } from './log-segment.js';
import { type Origin, Origins } from './origin.js';
import { SpanSegment } from './span-segment.js';
import { type Trace, TraceIndex } from './trace-index.js';

export interface StoreCaps {
  /** Of all spans, in bytes. Default 96 MiB. */
  readonly spanBytes?: number;
  /** Of all log records, in bytes. Default 32 MiB. */
  readonly logBytes?: number;
}

/** What hears of everything that comes in. */
interface StoreListener {
  onSpan?(span: SpanRecord, origin: Origin, trace: Trace): void;
  onLog?(entry: LogEntry, origin: Origin): void;
}

/** The spans and log records of a session, bounded, and fair among their senders. */
export interface TelemetryStore {
  readonly traces: TraceIndex;
  readonly origins: Origins;
  readonly held: { readonly spans: number; readonly logs: number; readonly bytes: number; readonly capBytes: number };
  readonly evicted: { readonly spans: number; readonly logs: number };
  /** Returns those that were not there yet. */
  addSpans(spans: readonly SpanRecord[]): SpanRecord[];
  addLogs(entries: readonly LogEntry[]): void;
  spanSegments(): Iterable<SpanSegment>;
  logSegments(): Iterable<LogSegment>;
  /** @returns what ends it */
  listen(listener: StoreListener): () => void;
}

export function createTelemetryStore({ spanBytes = 96 << 20, logBytes = 32 << 20 }: StoreCaps = {}): TelemetryStore {
  const traces = new TraceIndex();
  const origins = new Origins();
  const listeners = new Set<StoreListener>();
  const held = { spans: 0, logs: 0 };
  const evicted = { spans: 0, logs: 0 };
  const spanShare = createFairShare<SpanSegment>(spanBytes, (segment) => {
    traces.forget(segment);
    held.spans -= segment.size;
    evicted.spans += segment.size;
  });
  const logShare = createFairShare<LogSegment>(logBytes, (segment) => {
    held.logs -= segment.size;
    evicted.logs += segment.size;
  });
  let logOrder = 0;

  const addSpan = (span: SpanRecord): boolean => {
    if (traces.has(span.traceId, span.spanId)) return false;
    const origin = origins.ofSpan(span);
    const segment = roomIn(spanShare, origin.sender, SpanSegment);
    const before = segment.bytes;
    const trace = traces.add(span.traceId, { segment, row: segment.add(span, origin) });
    held.spans += 1;
    spanShare.grown(segment, segment.bytes - before);
    for (const listener of listeners) listener.onSpan?.(span, origin, trace);
    return true;
  };
  const addLog = (entry: LogEntry) => {
    const origin = origins.of(entry.resource);
    const segment = roomIn(logShare, origin.sender, LogSegment);
    const before = segment.bytes;
    segment.add(entry, origin, logOrder++);
    held.logs += 1;
    logShare.grown(segment, segment.bytes - before);
    for (const listener of listeners) listener.onLog?.(entry, origin);
  };
  return {
    traces,
    origins,
    evicted,
    get held() {
      return { ...held, bytes: spanShare.bytes + logShare.bytes, capBytes: spanBytes + logBytes };
    },
    addSpans: (spans) => spans.filter(addSpan),
    addLogs: (entries) => entries.forEach(addLog),
    spanSegments: () => spanShare.all(),
    logSegments: () => logShare.all(),
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The segment of a sender that is being filled; a new one where that is full. */
function roomIn<S extends Evictable & { readonly isFull: boolean }>(
  share: FairShare<S>,
  sender: string,
  Segment: new (sender: string) => S,
): S {
  const newest = share.newest(sender);
  if (newest !== undefined && !newest.isFull) return newest;
  const segment = new Segment(sender);
  share.add(segment);
  return segment;
}
