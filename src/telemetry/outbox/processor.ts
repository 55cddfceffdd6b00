import { type Context, TraceFlags } from '@opentelemetry/api';
import { BatchSpanProcessor, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { Account } from './account.js';
import type { JournalExporter } from './exporter.js';

/** When ended spans leave the queue: by the batch processor's own timer and size; at each turn's end; at once. */
export type Handing = 'schedule' | 'turn' | 'span';

/** The longest queue of the SDK's own processor, by default. */
const SDK_QUEUE = 2_048;

export interface SpoolProcessorOptions {
  readonly exporter: JournalExporter<ReadableSpan[]>;
  readonly account: Account;
  readonly handing: Handing;
  readonly defer: (run: () => void) => void;
  /** As OTEL_BSP_*; what is absent is the SDK's default. */
  readonly batch?: { maxExportBatchSize?: number; maxQueueSize?: number; scheduledDelayMillis?: number };
}

/**
 * One BatchSpanProcessor, and around it what it lacks: every ended span is counted, a full queue is handed on instead
 * of dropped, and what ends after the shutdown still reaches the exporter. With a journal its queue stays empty: a
 * forced flush at each turn's end would cost a timer and four promises, which is more than the write.
 */
export class SpoolProcessor implements SpanProcessor {
  readonly #options: SpoolProcessorOptions;
  readonly #batcher: BatchSpanProcessor;
  readonly #queueSize: number;
  #handedOver = 0;
  /** What ended in this turn of the event loop. */
  #turn: ReadableSpan[] = [];
  #shutdown = false;

  constructor(options: SpoolProcessorOptions) {
    this.#options = options;
    this.#queueSize = options.batch?.maxQueueSize ?? SDK_QUEUE;
    this.#batcher = new BatchSpanProcessor(options.exporter, { ...options.batch, maxQueueSize: this.#queueSize });
    this.#handedOver = options.exporter.received;
    options.account.watch(() => ({ spooled: 0, pending: this.queued }));
  }

  /** The most that wait in it. */
  get capacity(): number {
    return this.#queueSize;
  }

  /** Spans that wait in the batch processor or for the turn's end. */
  get queued(): number {
    return this.#handedOver - this.#options.exporter.received;
  }

  onStart(span: Span, parentContext: Context): void {
    this.#batcher.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    this.#options.account.ended++;
    this.#handedOver++;
    if (this.#options.handing === 'span' || this.#shutdown) this.#options.exporter.export([span], () => undefined);
    else this.#queue(span);
  }

  /** Hands all that waits to the exporter before it returns. */
  handOn(): void {
    this.#endTurn();
    // It calls the exporter synchronously, and the exporter always reports success. What can still fail (a resource
    // detector) the SDK has called its error handler by then; unhandled here, it would end the process.
    this.#batcher.forceFlush().catch(() => undefined);
  }

  async forceFlush(): Promise<void> {
    this.#endTurn();
    await this.#batcher.forceFlush();
    await this.#options.exporter.forceFlush();
  }

  async shutdown(): Promise<void> {
    this.drain();
    await this.#batcher.shutdown();
  }

  /** Hands on all that waits, and from now on each span at once: nothing may be left in the queue at the exit. */
  drain(): void {
    this.handOn();
    this.#shutdown = true;
  }

  #queue(span: ReadableSpan): void {
    if (this.#options.handing === 'turn') {
      if (this.#turn.push(span) === 1) this.#options.defer(() => this.#endTurn());
    } else this.#batcher.onEnd(span);
    // The batch processor hands on one batch per turn by itself; a burst within one turn would overflow its queue.
    if (this.queued >= this.#queueSize) this.handOn();
  }

  #endTurn(): void {
    if (this.#turn.length === 0) return;
    const spans = this.#turn;
    this.#turn = [];
    this.#options.exporter.export(spans, () => undefined);
  }
}
