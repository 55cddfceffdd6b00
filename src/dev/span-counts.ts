import type { Resource, SpanRecord } from './model.js';
import type { Refusals } from './refusals.js';
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

/** Counts what came, by sender, whether it is held or not. */
export class SpanCounts {
  readonly #workers = new Map<string, WorkerEntry>();
  #last: { readonly resource: Resource; readonly entry: WorkerEntry } | undefined;
  readonly #totals = { received: 0, duplicates: 0 };

  /** @param fresh false: it came again */
  add(span: SpanRecord, fresh: boolean): void {
    const kind = fresh ? 'received' : 'duplicates';
    // Spans of one request have one resource.
    if (span.resource !== this.#last?.resource) {
      this.#last = { resource: span.resource, entry: workerOf(this.#workers, span) };
    }
    this.#last.entry[kind] += 1;
    this.#totals[kind] += 1;
  }

  /** Spans of workers, each once. */
  fromWorkers(): number {
    return [...this.#workers.values()].reduce(
      (sum, { slot, received }) => sum + (slot === undefined ? 0 : received),
      0,
    );
  }

  all(evicted: number): Counts {
    return { ...this.#totals, evicted, workers: [...this.#workers.values()].map((worker) => ({ ...worker })) };
  }
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
