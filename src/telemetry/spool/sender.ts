import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { Account } from './account.js';
import { type Backoff, GONE, OVERLOADED } from './backoff.js';
import type { Connections } from './connections.js';
import { type Entry, loadChunks } from './entry.js';
import { mergeParts } from './merge.js';
import { type Outcome, retry, type Transport } from './outcome.js';
import type { Part } from './part.js';
import type { SpoolPorts, Warn } from './ports.js';
import type { Signal } from './record.js';
import type { Store } from './store.js';

export interface SenderOptions {
  readonly store: Store;
  /** Shared by the senders of one destination. */
  readonly connections: Connections;
  readonly accounts: Readonly<Record<Signal, Account>>;
  readonly ports: SpoolPorts;
  readonly warn: Warn;
  /** Payload bytes of a merged request. Default: 3.5 MiB, as most collectors accept 4 MiB. */
  readonly maxRequestBytes?: number;
  /** Requests under way at once, from 1. The second starts only when a full request waits. Default: 4. */
  readonly maxInFlight?: number;
  /** Milliseconds. Default: 10,000. */
  readonly requestTimeoutMs?: number;
  /**
   * Milliseconds a record may wait for others to share its request; a flush waits for none. Default: 0, right where
   * the batch processor in front has waited already.
   */
  readonly lingerMs?: number;
}

/** What goes into one request. */
interface Load {
  readonly entries: Entry[];
  readonly parts: Part[];
}

/** What is worth a request of its own at once: about what the batch processor's default batch of 512 spans makes. */
const WORTHWHILE_BYTES = 64 * 1024;
/** The size limit learnt from a collector goes no lower; below it entries are sent one by one, and split. */
const LEAST_REQUEST_BYTES = 16 * 1024;
/** Between two warnings that the collector is gone. */
const OUTAGE_WARNING_MS = 60_000;
/** A collector cannot silence us for longer. */
const MAX_RETRY_AFTER_MS = 300_000;

/**
 * Halving a request of the largest size finds its one bad span within so many refusals in a row; a collector that
 * refuses more refuses everything, and to ask it about each span alone would cost more than all the rest.
 */
const MAX_REFUSALS = 16;

/** Ships what the store holds, oldest first, and tells the store what became of it. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #maxBytes: number;
  #limit: number;
  #flights = 0;
  #holdUntil = 0;
  #backoff: Backoff | undefined;
  /** The pause was named by the collector. */
  #told = false;
  /** In a row, without an acceptance in between. */
  #refusals = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #disarm: (() => void) | undefined;
  #linger: (() => void) | undefined;
  #scheduled = false;
  /** A flush waits: send without lingering until nothing is left. */
  #urgent = false;
  #closed = false;
  #resting = false;
  /** Requests that were acknowledged. */
  requests = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#maxBytes = options.maxRequestBytes ?? Math.floor(3.5 * 1024 * 1024);
    this.#limit = this.#maxBytes;
    options.store.onWork = () => this.#schedule();
  }

  /** Tries now what a backoff holds back; a pause that the collector asked for is kept. */
  hurry(): void {
    if (!this.#told) this.#holdUntil = 0;
    this.#urgent = true;
    this.#schedule();
  }

  /** Starts no request any more; what is under way is awaited. */
  rest(): void {
    this.#resting = true;
  }

  /** Ends the connections at once. What is in flight stays in the store. */
  close(): void {
    this.#closed = true;
    this.#disarm?.();
    this.#linger?.();
    this.#options.connections.close();
  }

  /** Sending starts at the end of the turn, so that what is handed in within one turn goes in one request. */
  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#lingering()) return;
    this.#scheduled = true;
    this.#options.ports.defer(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { store, ports } = this.#options;
    store.expire();
    while (!this.#closed && this.#mayStart()) {
      const wait = this.#holdUntil - ports.now();
      if (wait > 0) {
        this.#armFor(wait);
        return;
      }
      void this.#fly(store.take(this.#limit));
    }
  }

  /** After a failure one request probes; a second one starts only when it can be full, which bounds duplicates. */
  #mayStart(): boolean {
    const { backlog } = this.#options.store;
    if (backlog.isEmpty || this.#resting) return false;
    if (this.#flights === 0) return true;
    const most = this.#backoff ? 1 : (this.#options.maxInFlight ?? 4);
    return this.#flights < most && backlog.bytes >= this.#limit;
  }

  /** Whether what waits is better sent later, with more; a timer then sends it. */
  #lingering(): boolean {
    const { backlog } = this.#options.store;
    if (backlog.isEmpty) this.#urgent = false;
    const ms = this.#options.lingerMs ?? 0;
    const atOnce = this.#urgent || this.#backoff !== undefined || backlog.bytes >= WORTHWHILE_BYTES;
    if (ms === 0 || atOnce || backlog.isEmpty) return false;
    this.#linger ??= this.#options.ports.setTimer(() => {
      this.#linger = undefined;
      this.#pump();
    }, ms);
    return true;
  }

  #armFor(ms: number): void {
    this.#disarm?.();
    this.#disarm = this.#options.ports.setTimer(() => this.#pump(), ms);
  }

  async #fly(batch: Entry[]): Promise<void> {
    this.#flights++;
    const load = await this.#load(batch);
    if (load.entries.length > 0 && !this.#closed) {
      const outcome = await this.#options.connections.use((transport) => this.#send(transport, load));
      this.#settle(load, outcome);
    }
    this.#flights--;
    this.#schedule();
  }

  async #load(batch: Entry[]): Promise<Load> {
    const load: Load = { entries: [], parts: [] };
    for (const entry of batch) {
      const parts = entry.chunks ?? (await loadChunks(entry, this.#options.ports.fs));
      if (parts) {
        load.entries.push(entry);
        load.parts.push(...parts);
      } else this.#options.store.drop(entry, 'disk_full', 'the spool file can no longer be read');
    }
    return load;
  }

  #send(transport: Transport, load: Load): Promise<Outcome> {
    const { signal, encoding } = load.entries[0]!;
    const timeoutMs = this.#options.requestTimeoutMs ?? 10_000;
    const chunks = mergeParts(load.parts, encoding);
    // Our own requests are no part of the app's traces, and must not inherit the context of whoever ended a span.
    return context
      .with(suppressTracing(ROOT_CONTEXT), () => transport.send({ signal, encoding, chunks, timeoutMs }))
      .catch((error: unknown) => retry(error instanceof Error ? error.message : String(error)));
  }

  #settle({ entries, parts }: Load, outcome: Outcome): void {
    const { store } = this.#options;
    switch (outcome.type) {
      case 'accepted':
        this.#accepted(entries, outcome.rejected, outcome.message);
        break;
      case 'retry':
        this.#pause(outcome);
        store.giveBack(entries);
        break;
      case 'too-large':
        this.#tooLarge(entries, parts, outcome.reason);
        break;
      case 'refused':
        this.#refused(entries, parts, outcome);
    }
  }

  #accepted(entries: Entry[], rejected: number, message: string): void {
    const account = this.#options.accounts[entries[0]!.signal];
    let refused = Math.min(
      rejected,
      entries.reduce((sum, entry) => sum + entry.items, 0),
    );
    if (refused > 0) {
      const text = `the collector rejected ${refused} of a request's ${entries[0]!.signal}: ${message}`;
      this.#options.warn(text, "See the collector's log: what it rejected is not sent again.");
    }
    for (const entry of entries) {
      const here = Math.min(refused, entry.items);
      refused -= here;
      if (!this.#options.store.settle(entry)) continue;
      account.rejected += here;
      account.exported += entry.items - here;
    }
    this.requests++;
    this.#refusals = 0;
    this.#backoff = undefined;
    this.#holdUntil = 0;
    this.#told = false;
    this.#limit = Math.min(this.#maxBytes, this.#limit * 2);
    this.#options.store.collectorIsBack();
  }

  #pause(outcome: Extract<Outcome, { type: 'retry' }>): void {
    const { ports, store } = this.#options;
    if (!this.#backoff) this.#warnOfOutage(outcome.reason);
    this.#backoff = this.#backoff?.next() ?? (outcome.overloaded ? OVERLOADED : GONE);
    this.#told = outcome.afterMs !== undefined;
    const ms = outcome.afterMs === undefined ? this.#backoff.ms(ports.random()) : outcome.afterMs;
    this.#holdUntil = ports.now() + Math.min(ms, MAX_RETRY_AFTER_MS);
    store.collectorIsGone();
  }

  /** Once an outage, and not for each of many short ones. */
  #warnOfOutage(reason: string): void {
    const { ports, warn } = this.#options;
    if (ports.now() - this.#warnedAt < OUTAGE_WARNING_MS) return;
    this.#warnedAt = ports.now();
    warn(
      `the collector takes nothing: ${reason}`,
      'See that it is up, and check the endpoint; what ends meanwhile waits.',
    );
  }

  #tooLarge(entries: Entry[], parts: readonly Part[], reason: string): void {
    const { store } = this.#options;
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#limit = Math.max(LEAST_REQUEST_BYTES, Math.floor(bytes / 2));
    if (bytes <= 2 * LEAST_REQUEST_BYTES) for (const entry of entries) entry.alone = true;
    if (entries.length > 1) store.giveBack(entries);
    else store.replace(entries[0]!, parts, reason);
  }

  /** One bad span must not take the others of its request with it: halves are tried, unless all of them are refused. */
  #refused(entries: Entry[], parts: readonly Part[], { reason, content }: Extract<Outcome, { type: 'refused' }>): void {
    const { store } = this.#options;
    this.#refusals++;
    const divide = content && this.#refusals <= MAX_REFUSALS;
    if (divide && entries.length > 1) {
      for (const entry of entries) entry.alone = true;
      store.giveBack(entries);
    } else if (divide) store.replace(entries[0]!, parts, reason);
    else for (const entry of entries) store.drop(entry, 'non_retryable', reason);
  }
}
