import type { SpanRecord } from '../../src/dev/model.js';
import { sizeOf } from '../../src/dev/size.js';
import { type Counts, SpanCounts } from '../../src/dev/span-counts.js';

interface StoreOptions {
  /** Most spans held; the oldest traces go first. Default 100,000. */
  readonly maxSpans?: number;
  /** Most bytes held, roughly. Default 256 MiB. */
  readonly maxBytes?: number;
}

/** The traces received, in memory, bounded. */
export interface Store {
  /** Returns those that were not there yet. */
  add(spans: readonly SpanRecord[]): SpanRecord[];
  spans(): SpanRecord[];
  trace(traceId: string): SpanRecord[];
  counts(): Counts;
  /** Resolves with the first truthy result of `probe`, which is asked now and after each `add`. Rejects on abort. */
  waitFor<T>(probe: (store: Store) => T, options?: { signal?: AbortSignal }): Promise<T>;
}

export function createStore(options: StoreOptions = {}): Store {
  const { maxSpans = 100_000, maxBytes = 256 << 20 } = options;
  const traces = new Map<string, Map<string, SpanRecord>>();
  const counts = new SpanCounts();
  const waiting = new Set<() => void>();
  const sizes = new Map<SpanRecord, number>();
  const totals = { held: 0, bytes: 0, evicted: 0 };

  const addOne = (span: SpanRecord): boolean => {
    const trace = traces.get(span.traceId) ?? new Map<string, SpanRecord>();
    const fresh = !trace.has(span.spanId);
    counts.add(span, fresh);
    if (!fresh) return false;
    traces.set(span.traceId, trace.set(span.spanId, span));
    totals.held += 1;
    const size = sizeOf(span);
    sizes.set(span, size);
    totals.bytes += size;
    return true;
  };
  const evict = () => {
    for (const [id, trace] of traces) {
      if (totals.held <= maxSpans && totals.bytes <= maxBytes) return;
      traces.delete(id);
      totals.held -= trace.size;
      for (const span of trace.values()) {
        totals.bytes -= sizes.get(span) ?? 0;
        sizes.delete(span);
      }
      totals.evicted += trace.size;
    }
  };
  const store: Store = {
    add(spans) {
      const fresh = spans.filter(addOne);
      evict();
      for (const check of [...waiting]) check();
      return fresh;
    },
    spans: () => [...traces.values()].flatMap((trace) => [...trace.values()]),
    trace: (traceId) => [...(traces.get(traceId)?.values() ?? [])],
    counts: () => counts.all(totals.evicted),
    waitFor: (probe, { signal } = {}) => wait(waiting, () => probe(store), signal),
  };
  return store;
}

function wait<T>(waiting: Set<() => void>, probe: () => T, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      waiting.delete(check);
      signal?.removeEventListener('abort', abort);
      finish();
    };
    const abort = () => settle(() => reject(signal?.reason));
    const check = () => {
      try {
        const result = probe();
        if (result) settle(() => resolve(result));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    waiting.add(check);
    check();
  });
}
