import type { SpanRecord } from './model.js';
import type { Refusals } from './refusals.js';
import { sizeOf } from './size.js';
import { countOf, textOf } from './text.js';

/** What came from one worker process. */
export interface WorkerCount {
  /** service.instance.id of its resource, or '' */
  readonly instanceId: string;
  /** kf.worker.slot; undefined for a sender that is no worker of ours. */
  readonly slot: number | undefined;
  readonly pid: number | undefined;
  /** Distinct spans. */
  readonly received: number;
  /** Spans that came again; only seen while their trace is still stored. */
  readonly duplicates: number;
}

export interface Counts {
  readonly received: number;
  readonly duplicates: number;
  /** Spans forgotten because the store was full; they are still counted as received. */
  readonly evicted: number;
  readonly workers: readonly WorkerCount[];
  /** Requests that were not taken, by reason; absent where nobody counts them. */
  readonly refusals?: Refusals;
  /** Lines that were not printed, because nobody read. */
  readonly unread?: number;
}

export interface StoreOptions {
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
  const workers = new Map<string, WorkerEntry>();
  const waiting = new Set<() => void>();
  const totals = { held: 0, bytes: 0, received: 0, duplicates: 0, evicted: 0 };

  const addOne = (span: SpanRecord): boolean => {
    const worker = workerOf(workers, span);
    const trace = traces.get(span.traceId) ?? new Map<string, SpanRecord>();
    const fresh = !trace.has(span.spanId);
    const kind = fresh ? 'received' : 'duplicates';
    worker[kind] += 1;
    totals[kind] += 1;
    if (!fresh) return false;
    traces.set(span.traceId, trace.set(span.spanId, span));
    totals.held += 1;
    totals.bytes += sizeOf(span);
    return true;
  };
  const evict = () => {
    for (const [id, trace] of traces) {
      if (totals.held <= maxSpans && totals.bytes <= maxBytes) return;
      traces.delete(id);
      totals.held -= trace.size;
      for (const span of trace.values()) totals.bytes -= sizeOf(span);
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
    counts: () => ({
      received: totals.received,
      duplicates: totals.duplicates,
      evicted: totals.evicted,
      workers: [...workers.values()].map((worker) => ({ ...worker })),
    }),
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

/** Senders that are counted each for itself. */
const MAX_WORKERS = 1_000;
const REST = 'all others';

type WorkerEntry = { -readonly [K in keyof WorkerCount]: WorkerCount[K] };

function workerOf(workers: Map<string, WorkerEntry>, span: SpanRecord): WorkerEntry {
  const { attributes } = span.resource;
  const instanceId = (textOf(attributes['service.instance.id']) ?? '').slice(0, 200);
  const pid = countOf(attributes['process.pid']);
  const key = `${instanceId} ${pid}`;
  const known = workers.get(key);
  if (known !== undefined) return known;
  // Whoever invents a new name for each span is counted under one.
  if (workers.size >= MAX_WORKERS) return workers.get(REST) ?? add(workers, REST, {});
  return add(workers, key, { instanceId, slot: countOf(attributes['kf.worker.slot']), pid });
}

function add(workers: Map<string, WorkerEntry>, key: string, known: Partial<WorkerEntry>): WorkerEntry {
  const entry = { instanceId: '', slot: undefined, pid: undefined, received: 0, duplicates: 0, ...known };
  workers.set(key, entry);
  return entry;
}
