import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Account } from './account.js';
import type { Part } from './format/part.js';
import type { Encoding, Signal } from './format/record.js';
import type { Store } from './store/store.js';

/** What becomes of a batch: what can be sent, and how many items cannot, and why. */
export interface Encoded {
  /** The store keeps and grows this list. */
  readonly parts: Part[];
  readonly failed: number;
  readonly error: unknown;
}

export interface JournalExporterOptions<Batch> {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly encode: (batch: Batch) => Encoded;
  readonly count: (batch: Batch) => number;
  readonly store: Store;
  readonly account: Account;
  /** Resolves when everything exported so far is settled, or after a time of its own. */
  readonly flush: () => Promise<void>;
}

const FIX = 'Look for an attribute, a name or a time of them that cannot be read; the others were kept.';
/** An error of an app may hold anything. */
const MOST_CHARACTERS = 200;

function unreadable(error: unknown): string {
  return `they cannot be encoded: ${String(error).slice(0, MOST_CHARACTERS)}`;
}

/**
 * The SDK's exporter interface (of spans, logs and metrics alike) in front of the store: a batch is encoded once,
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
    const { signal: kind, encoding, store, account, encode, count } = this.#options;
    const items = count(batch);
    this.received += items;
    try {
      const { parts, failed, error } = encode(batch);
      if (failed > 0) account.drop('non_retryable', failed, unreadable(error), FIX);
      if (parts.length > 0) store.handIn({ kind, encoding, items: items - failed, parts });
    } catch (error) {
      // One attribute that cannot be serialized must not throw into whoever ended the span.
      account.drop('non_retryable', items, unreadable(error), FIX);
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
