import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Account } from './account.js';
import type { Encoding, Signal } from './record.js';
import type { Store } from './store.js';

export interface JournalExporterOptions<Batch> {
  readonly signal: Signal;
  readonly encoding: Encoding;
  /** A whole export request, or undefined if it cannot be made. */
  readonly serialize: (batch: Batch) => Uint8Array | undefined;
  readonly count: (batch: Batch) => number;
  readonly store: Store;
  readonly account: Account;
  /** Resolves when everything exported so far is settled, or after a time of its own. */
  readonly flush: () => Promise<void>;
}

/**
 * The SDK's exporter interface (of spans, logs and metrics alike) in front of the store: a batch is serialized once,
 * stored, and reported as exported at once, so that a slow collector never fills the queue in front of it.
 */
export class JournalExporter<Batch> {
  readonly #options: JournalExporterOptions<Batch>;
  /** Items that came through here; what ended minus this is still in the queue in front. */
  received = 0;

  constructor(options: JournalExporterOptions<Batch>) {
    this.#options = options;
  }

  export(batch: Batch, done: (result: ExportResult) => void): void {
    const { signal: kind, encoding, store, account, serialize, count } = this.#options;
    const items = count(batch);
    this.received += items;
    try {
      const bytes = serialize(batch);
      if (bytes && bytes.length > 0) store.handIn({ kind, encoding, items, bytes });
      else account.drop('non_retryable', items, 'they serialize to nothing');
    } catch (error) {
      // One attribute that cannot be serialized must not throw into whoever ended the span.
      account.drop('non_retryable', items, `they cannot be serialized: ${String(error)}`);
    }
    done({ code: ExportResultCode.SUCCESS });
  }

  forceFlush(): Promise<void> {
    return this.#options.flush();
  }

  shutdown(): Promise<void> {
    return this.#options.flush();
  }
}
