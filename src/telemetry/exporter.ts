import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Ledger } from './accounting.js';

/** What became of one batch. Never rejects: a failure is an outcome. */
export interface Outcome {
  /** Spans the receiver refused of a batch it accepted. */
  readonly rejected: number;
  /** Why the batch was not delivered; undefined when it was. */
  readonly failure: string | undefined;
}

/** Sends one batch at a time or several at once; the seam behind which the protocols, and later the journal, stand. */
export interface Sender {
  send(spans: ReadableSpan[]): Promise<Outcome>;
  /** Loads what the first send needs, so that it is not loaded under traffic or from files a deploy has replaced. */
  warm(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The upstream delegates refuse more than 30 concurrent exports, and one at a time is slow behind a slow collector. */
const MAX_IN_FLIGHT = 4;

interface Waiting {
  readonly spans: ReadableSpan[];
  readonly done: (result: ExportResult) => void;
}

/**
 * The exporter under the BatchSpanProcessor. It takes any number of batches, sends at most four at once, and tells the
 * ledger each one's fate. A batch is acknowledged to the processor when its sending starts: from there on its fate is
 * kept here, and the processor goes on with the next. When all four are busy the processor waits, and its queue bounds
 * the memory.
 */
export class AccountingExporter implements SpanExporter {
  readonly #sender: Sender;
  readonly #ledger: Ledger;
  readonly #waiting: Waiting[] = [];
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor(sender: Sender, ledger: Ledger) {
    this.#sender = sender;
    this.#ledger = ledger;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#ledger.handedOver += spans.length;
    this.#waiting.push({ spans, done });
    this.#startNext();
  }

  warm(): Promise<void> {
    return this.#sender.warm();
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async forceFlush(): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    await this.#sender.shutdown();
  }

  #startNext(): void {
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#inFlight++;
      // Not the context of whoever freed the place: the export itself must never be traced.
      const sent = context.with(suppressTracing(ROOT_CONTEXT), () => this.#sender.send(next.spans));
      sent.then((outcome) => this.#settle(next.spans.length, outcome));
      next.done({ code: ExportResultCode.SUCCESS });
    }
  }

  #settle(spans: number, outcome: Outcome): void {
    this.#inFlight--;
    if (outcome.failure !== undefined) this.#ledger.drop('undeliverable', spans, outcome.failure);
    else {
      this.#ledger.exported += spans - outcome.rejected;
      this.#ledger.drop('rejected', outcome.rejected, 'the collector refused a part of a batch');
    }
    this.#startNext();
    if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
