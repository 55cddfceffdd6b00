import { bytesOf, type Part } from '../format/part.js';
import type { Entry } from '../store/entry.js';
import type { Store } from '../store/store.js';
import type { Outcome } from './outcome.js';

/** The size limit learnt from a collector goes no lower; below it entries are sent one by one, and split. */
const LEAST_REQUEST_BYTES = 16 * 1024;
/**
 * After a failure the next request is a small one: a backlog of megabytes in the first would take a busy machine seconds, until
 * when nothing seems to arrive, and each try in vain would pack all of it again.
 */
const PROBE_BYTES = 64 * 1024;
/**
 * Halving a request of the largest size finds its one bad span within so many refusals in a row; a collector that
 * refuses more refuses everything, and to ask it about each span alone would cost more than all the rest.
 */
const MAX_REFUSALS = 16;

/** Finds by halving what a collector takes: how much in one request, and which span of it not. */
export class Division {
  /** Payload bytes of a request, at most. */
  limit: number;
  #probe: number | undefined;
  readonly #store: Store;
  readonly #most: number;
  /** In a row, without an acceptance in between. */
  #refusals = 0;

  constructor(store: Store, maxRequestBytes: number) {
    this.#store = store;
    this.#most = maxRequestBytes;
    this.limit = maxRequestBytes;
  }

  /** Payload bytes of the next request, at most. */
  get next(): number {
    return Math.min(this.limit, this.#probe ?? this.limit);
  }

  /** They come again together: what the collector took without an answer is then in one request twice, not in several. */
  failed(entries: readonly Entry[]): void {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#probe = Math.max(PROBE_BYTES, this.#probe ?? 0, bytes);
  }

  accepted(): void {
    this.#refusals = 0;
    this.#probe = undefined;
    this.limit = Math.min(this.#most, this.limit * 2);
  }

  tooLarge(entries: readonly Entry[], parts: readonly Part[], reason: string): void {
    const bytes = bytesOf(parts);
    this.limit = Math.max(LEAST_REQUEST_BYTES, Math.floor(bytes / 2));
    if (bytes <= 2 * LEAST_REQUEST_BYTES) for (const entry of entries) entry.alone = true;
    if (entries.length > 1) this.#store.giveBack(entries);
    else this.#store.replace(entries[0]!, parts, reason);
  }

  /** One bad span must not take the others of its request with it: halves are tried, unless all of them are refused. */
  refused(
    entries: readonly Entry[],
    parts: readonly Part[],
    { reason, content }: Extract<Outcome, { type: 'refused' }>,
  ): void {
    this.#refusals++;
    if (!content || this.#refusals > MAX_REFUSALS) {
      for (const entry of entries) this.#store.drop(entry, 'non_retryable', reason);
    } else if (entries.length > 1) {
      for (const entry of entries) entry.alone = true;
      this.#store.giveBack(entries);
    } else this.#store.replace(entries[0]!, parts, reason);
  }
}
