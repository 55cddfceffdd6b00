import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { BatchSettings } from '../batch-settings.js';
import type { Way } from '../outbox/index.js';

/**
 * The batch processor of logs, with the queue, the batch and the delay of OTEL_BLRP_*. Not the SDK's: that one awaits
 * before it calls its exporter, so that what is queued when a process exits is lost, and it drops what does not fit.
 */
export class SpoolLogProcessor implements LogRecordProcessor {
  readonly #way: Way<ReadableLogRecord[]>;
  readonly #batch: BatchSettings;
  #queue: ReadableLogRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  #deferred = false;
  #drained = false;

  constructor(way: Way<ReadableLogRecord[]>, batch: BatchSettings) {
    this.#way = way;
    this.#batch = batch;
    way.attach(this);
    way.account.watch(() => ({ spooled: 0, pending: this.queued }));
  }

  /** Records that wait in it. */
  get queued(): number {
    return this.#queue.length;
  }

  onEmit(record: ReadableLogRecord): void {
    this.#way.account.ended++;
    if (this.#drained || this.#way.handing === 'span') return this.#export([record]);
    this.#queue.push(record);
    if (this.queued >= this.#batch.maxQueueSize) this.handOn();
    else if (this.#way.handing === 'turn' || this.queued >= this.#batch.maxExportBatchSize) this.#handOnSoon();
    else this.#timer ??= setTimeout(() => this.handOn(), this.#batch.scheduledDelayMillis).unref();
  }

  handOn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const queue = this.#queue;
    this.#queue = [];
    const size = this.#batch.maxExportBatchSize;
    for (let at = 0; at < queue.length; at += size) this.#export(queue.slice(at, at + size));
  }

  drain(): void {
    this.handOn();
    this.#drained = true;
  }

  async forceFlush(): Promise<void> {
    this.handOn();
    await this.#way.exporter.forceFlush();
  }

  async shutdown(): Promise<void> {
    this.drain();
    await this.#way.exporter.shutdown();
  }

  #export(records: ReadableLogRecord[]): void {
    // Serializes and stores before it returns, and always reports success.
    this.#way.exporter.export(records, () => undefined);
  }

  #handOnSoon(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#way.defer(() => {
      this.#deferred = false;
      this.handOn();
    });
  }
}
