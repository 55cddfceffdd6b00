import type { FinishedTrace } from './line.js';
import type { SpanRecord } from './model.js';
import { sizeOf } from './size.js';

interface TraceWatcherOptions {
  /** Once for each trace. */
  readonly onFinished: (trace: FinishedTrace) => void;
  /** Spans that came after their trace was finished. */
  readonly onLate: (spans: readonly SpanRecord[]) => void;
  /** How long nothing of a trace must come after its entry span. Default 250 ms. */
  readonly quietMs?: number;
  /** Most traces remembered; the oldest is finished as it stands. Default 10,000. */
  readonly maxTraces?: number;
  /** Most bytes of spans that wait, roughly; beyond, the oldest traces are finished as they stand. Default 128 MiB. */
  readonly maxBytes?: number;
  /** Default setTimeout; injected for tests. */
  readonly setTimer?: (run: () => void, ms: number) => { clear(): void };
}

interface TraceWatcher {
  add(spans: readonly SpanRecord[]): void;
  /** Finishes every trace that waits, now. */
  close(): void;
}

interface Entry {
  spans: SpanRecord[];
  /** Of its spans, roughly. */
  bytes: number;
  printed: boolean;
  timer: { clear(): void } | undefined;
}

/**
 * Decides when a trace is finished: its entry span (a SERVER or CONSUMER span, or a root) is there and nothing of the
 * trace came for a quiet time. A span ends after what it contains, so its entry is normally the last to come, but
 * concurrent exports and other workers can overtake it. A trace without an entry waits until the end.
 */
export function watchTraces(options: TraceWatcherOptions): TraceWatcher {
  const { quietMs = 250, maxTraces = 10_000, maxBytes = 128 << 20, setTimer = startTimer } = options;
  const traces = new Map<string, Entry>();
  let waiting = 0;

  const settle = (entry: Entry) => {
    entry.timer?.clear();
    entry.timer = undefined;
    const spans = entry.spans;
    if (spans.length === 0) return;
    // What was printed need not be kept, only that it was.
    entry.spans = [];
    waiting -= entry.bytes;
    entry.bytes = 0;
    if (entry.printed) return options.onLate(spans);
    entry.printed = true;
    options.onFinished({ entry: entryOf(spans), spans });
  };
  const addOne = (span: SpanRecord): Entry => {
    const entry = traces.get(span.traceId) ?? { spans: [], bytes: 0, printed: false, timer: undefined };
    traces.set(span.traceId, entry);
    entry.spans.push(span);
    const size = sizeOf(span);
    entry.bytes += size;
    waiting += size;
    return entry;
  };
  return {
    add(spans) {
      for (const entry of new Set(spans.map(addOne))) {
        entry.timer?.clear();
        const complete = entry.printed || entry.spans.some(isEntry);
        entry.timer = complete ? setTimer(() => settle(entry), quietMs) : undefined;
      }
      for (const [id, entry] of traces) {
        if (traces.size <= maxTraces && waiting <= maxBytes) break;
        settle(entry);
        traces.delete(id);
      }
    },
    close() {
      for (const entry of traces.values()) settle(entry);
    },
  };
}

function isEntry(span: SpanRecord): boolean {
  return span.kind === 'server' || span.kind === 'consumer' || span.parentSpanId === undefined;
}

/** The span nearest to the root: no span here is its parent, entries before others, then the earliest. */
function entryOf(spans: readonly SpanRecord[]): SpanRecord {
  const ids = new Set(spans.map((span) => span.spanId));
  const rank = (span: SpanRecord) => {
    const top = span.parentSpanId === undefined || !ids.has(span.parentSpanId);
    return (top ? 0 : 2) + (isEntry(span) ? 0 : 1);
  };
  const before = (a: SpanRecord, b: SpanRecord) => rank(a) - rank(b) || (a.startNs < b.startNs ? -1 : 1);
  return spans.reduce((best, span) => (before(span, best) < 0 ? span : best));
}

function startTimer(run: () => void, ms: number): { clear(): void } {
  const timer = setTimeout(run, ms);
  return { clear: () => clearTimeout(timer) };
}
