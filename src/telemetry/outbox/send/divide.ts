import { bytesOf, type Part } from '../format/part.js';
import type { Entry } from '../store/entry.js';
import type { Store } from '../store/store.js';
import type { Outcome } from './outcome.js';

/** The size limit learnt from a collector goes no lower; below it entries are sent one by one, and split. */
const LEAST_REQUEST_BYTES = 16 * 1024;
/**
 * Halving a request of the largest size finds its one bad span within so many refusals in a row; a collector that
 * refuses more refuses everything, and to ask it about each span alone would cost more than all the rest.
 */
const MAX_REFUSALS = 16;

/** Finds by halving what a collector takes: how much in one request, and which span of it not. */
export class Division {
  /** Payload bytes of the next request, at most. */
  limit: number;
  readonly #store: Store;
  readonly #most: number;
  /** In a row, without an acceptance in between. */
  #refusals = 0;

  constructor(store: Store, maxRequestBytes: number) {
    this.#store = store;
    this.#most = maxRequestBytes;
    this.limit = maxRequestBytes;
  }

  accepted(): void {
    this.#refusals = 0;
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
