import { type Context, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { SpanAccount } from '../ipc/messages.js';

/** Why spans were lost. */
export type DropCause = 'queue_full' | 'late' | 'rejected' | 'undeliverable';

/** Counts every ended and sampled span of a worker until its fate is known. */
export class Ledger {
  ended = 0;
  /** Handed from the batch queue to the exporter. */
  handedOver = 0;
  exported = 0;
  readonly dropped: Record<DropCause, number> = { queue_full: 0, late: 0, rejected: 0, undeliverable: 0 };
  readonly #onDrop: (cause: DropCause, spans: number, detail?: string) => void;

  constructor(onDrop: (cause: DropCause, spans: number, detail?: string) => void) {
    this.#onDrop = onDrop;
  }

  drop(cause: DropCause, spans: number, detail?: string): void {
    if (spans === 0) return;
    this.dropped[cause] += spans;
    this.#onDrop(cause, spans, detail);
  }

  /** Spans in the batch queue. */
  get queued(): number {
    return this.ended - this.handedOver - this.dropped.queue_full - this.dropped.late;
  }

  /** Spans whose fate is open: in the batch queue, or handed to the exporter and not answered. */
  get pending(): number {
    const { queue_full, late, rejected, undeliverable } = this.dropped;
    return this.ended - this.exported - queue_full - late - rejected - undeliverable;
  }

  account(): SpanAccount {
    const { ended, exported, pending } = this;
    return { ended, exported, pending, dropped: ended - exported - pending };
  }

  /** The account as of now; what is still pending counts as dropped, for nobody will send it after this. */
  close(): SpanAccount {
    return { ended: this.ended, exported: this.exported, dropped: this.ended - this.exported };
  }
}

/**
 * Stands before the BatchSpanProcessor, which drops without counting when its queue is full or after its shutdown.
 * The queue's length is known here because spans leave it only by `export()`, synchronously.
 */
export class AccountingProcessor implements SpanProcessor {
  readonly #inner: SpanProcessor;
  readonly #ledger: Ledger;
  readonly #maxQueueSize: number;
  #closed = false;

  constructor(inner: SpanProcessor, ledger: Ledger, maxQueueSize: number) {
    this.#inner = inner;
    this.#ledger = ledger;
    this.#maxQueueSize = maxQueueSize;
  }

  onStart(span: Span, context: Context): void {
    this.#inner.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    const full = this.#ledger.queued >= this.#maxQueueSize;
    this.#ledger.ended++;
    if (this.#closed) {
      this.#ledger.drop('late', 1);
      return;
    }
    if (full) this.#ledger.drop('queue_full', 1);
    this.#inner.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush();
  }

  /** Spans that end from now on are counted as late. */
  close(): void {
    this.#closed = true;
  }

  async shutdown(): Promise<void> {
    await this.#inner.forceFlush();
    this.close();
    await this.#inner.shutdown();
  }
}
