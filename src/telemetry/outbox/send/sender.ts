import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { Account } from '../account.js';
import { mergeParts } from '../format/merge.js';
import type { Part } from '../format/part.js';
import type { Signal } from '../format/record.js';
import type { SpoolPorts, Warn } from '../outbox-ports.js';
import { type Entry, loadChunks } from '../store/entry.js';
import type { Store } from '../store/store.js';
import type { Connections } from './collector-connections.js';
import { Division } from './divide.js';
import { Flights } from './flights.js';
import { type Outcome, retry, type Transport } from './outcome.js';
import { Pause } from './pause.js';
import { RequestTimeout } from './request-timeout.js';

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

/** Sends what the store holds, oldest first, and reports the outcome to the store. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #division: Division;
  readonly #pause: Pause;
  readonly #timeout: RequestTimeout;
  readonly #flights: Flights;
  #disarm: (() => void) | undefined;
  #disarmLook: (() => void) | undefined;
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
    this.#division = new Division(options.store, options.maxRequestBytes ?? Math.floor(3.5 * 1024 * 1024));
    this.#pause = new Pause(options.ports, options.warn);
    this.#timeout = new RequestTimeout(options.requestTimeoutMs ?? 10_000);
    this.#flights = new Flights(options.ports.now, this.#timeout.set);
    options.store.onWork = () => this.#schedule();
  }

  /** Tries now what a backoff holds back; a pause that the collector asked for is kept. */
  hurry(): void {
    this.#pause.cutShort();
    this.#urgent = true;
    this.#flights.hurry();
    this.#schedule();
  }

  /** Starts no request any more; what is under way is awaited. */
  rest(): void {
    this.#resting = true;
  }

  /** Ends the connections at once. What is in flight stays in the store. */
  close(): void {
    this.#closed = true;
    for (const disarm of [this.#disarm, this.#disarmLook, this.#linger]) disarm?.();
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
    const now = ports.now();
    store.expire();
    this.#flights.abandonLost(now);
    while (!this.#closed && this.#mayStart(now)) {
      const wait = this.#pause.left();
      if (wait > 0) {
        this.#armFor(wait);
        return;
      }
      void this.#fly(store.take(this.#division.next));
    }
    this.#armLook(now);
  }

  /**
   * After a failure one request probes; a second one starts only when it can be full, which bounds duplicates. One without an
   * answer holds nothing up for longer than a request may take: the collector may be well again, and know nothing of it.
   */
  #mayStart(now: number): boolean {
    const { backlog } = this.#options.store;
    if (backlog.isEmpty || this.#resting) return false;
    const [count, waiting] = [this.#flights.count, this.#flights.waiting(now)];
    const most = this.#options.maxInFlight ?? 4;
    if (waiting === 0) return count < (this.#pause.failing ? 2 : most);
    return !this.#pause.failing && count < most && backlog.bytes >= this.#division.limit;
  }

  #armLook(now: number): void {
    const { ports, store } = this.#options;
    this.#disarmLook?.();
    const ms = this.#closed ? undefined : this.#flights.nextChange(now, !store.backlog.isEmpty);
    this.#disarmLook = ms === undefined ? undefined : ports.setTimer(() => this.#pump(), ms);
  }

  /** Whether what waits is better sent later, with more; a timer then sends it. */
  #lingering(): boolean {
    const { backlog } = this.#options.store;
    if (backlog.isEmpty) this.#urgent = false;
    const ms = this.#options.lingerMs ?? 0;
    const atOnce = this.#urgent || this.#pause.failing || backlog.bytes >= WORTHWHILE_BYTES;
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
    if (this.#flights.count > this.#flights.waiting(this.#options.ports.now())) this.#options.connections.renew();
    const flight = this.#flights.begin();
    const load = await this.#load(batch);
    if (load.entries.length > 0 && !this.#closed) {
      const { ms } = this.#timeout;
      const sent = this.#options.connections.use((transport) => this.#send(transport, load, ms));
      const outcome = await Promise.race([sent, flight.abandoned]);
      if (outcome.type === 'retry' && outcome.timedOut) this.#unanswered(load, ms);
      else if (outcome.type !== 'retry') this.#flights.answered(flight);
      this.#settle(load, outcome);
    }
    this.#flights.end(flight);
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

  #send(transport: Transport, load: Load, timeoutMs: number): Promise<Outcome> {
    const { signal, encoding } = load.entries[0]!;
    const chunks = mergeParts(load.parts, encoding);
    // Our own requests are no part of the app's traces, and must not inherit the context of whoever ended a span.
    return context
      .with(suppressTracing(ROOT_CONTEXT), () => transport.send({ signal, encoding, chunks, timeoutMs }))
      .catch((error: unknown) => retry(error instanceof Error ? error.message : String(error)));
  }

  #unanswered({ entries }: Load, ms: number): void {
    this.#timeout.passed(ms);
    for (const entry of entries) this.#options.accounts[entry.signal].resent += entry.items;
  }

  #settle({ entries, parts }: Load, outcome: Outcome): void {
    const { store } = this.#options;
    switch (outcome.type) {
      case 'accepted':
        this.#accepted(entries, outcome.rejected, outcome.message);
        break;
      case 'retry':
        this.#pause.begin(outcome, this.#timeout.set);
        store.collectorIs(outcome.overloaded ? 'busy' : 'away');
        store.giveBack(entries);
        this.#division.failed(entries);
        break;
      case 'held':
        this.#pause.hold(outcome.reason, outcome.fix);
        this.#options.accounts[entries[0]!.signal].held = outcome.reason;
        store.giveBack(entries);
        store.collectorIs('refusing');
        this.#division.failed(entries);
        break;
      case 'too-large':
        this.#division.tooLarge(entries, parts, outcome.reason);
        break;
      case 'refused':
        this.#division.refused(entries, parts, outcome);
    }
  }

  #accepted(entries: Entry[], rejected: number, message: string): void {
    const account = this.#options.accounts[entries[0]!.signal];
    account.held = undefined;
    let refused = Math.min(
      rejected,
      entries.reduce((sum, entry) => sum + entry.items, 0),
    );
    if (refused > 0) {
      const text = `the collector rejected ${refused} of a request's ${entries[0]!.signal}: ${message || 'it does not say why'}`;
      this.#options.warn(text, "See the collector's log: what it rejected is not sent again.", 'collector-rejects');
    } else if (message) this.#pause.remark(message);
    for (const entry of entries) {
      const here = Math.min(refused, entry.items);
      refused -= here;
      if (!this.#options.store.settle(entry)) continue;
      account.rejected += here;
      account.exported += entry.items - here;
    }
    this.requests++;
    this.#pause.end();
    this.#division.accepted();
    this.#options.store.collectorIs('there');
  }
}
