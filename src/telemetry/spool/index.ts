import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { KnownWorkers } from '../../../hooks/types.js';
import { Account, type AccountSnapshot, type OnDrop } from './account.js';
import { type Adoption, adopt } from './adopt.js';
import { SpanEncoder } from './encode/spans.js';
import { type Encoded, JournalExporter, type JournalExporterOptions, wholeRequest } from './exporter.js';
import { Journal } from './journal.js';
import type { Transport } from './outcome.js';
import { nodePorts, type SpoolPorts, type Warn } from './ports.js';
import { SpoolProcessor, type SpoolProcessorOptions } from './processor.js';
import { type Encoding, SIGNALS, type Signal } from './record.js';
import { Sender, type SenderOptions } from './sender.js';
import { type Delivery, Store, type StoreOptions } from './store.js';

export type { AccountSnapshot, DropCause } from './account.js';
export { balance, droppedOf } from './account.js';
export type { Adoption } from './adopt.js';
export type { Outcome, Transport } from './outcome.js';
export type { Delivery } from './store.js';
export { connector, loadTransport, type TransportConfig } from './transport/config.js';

export interface SpoolOptions {
  readonly delivery: Delivery;
  /** With `journal`: one record per turn of the event loop (`batch`) or per span. Default: `batch`. */
  readonly journalPer?: 'batch' | 'span';
  /** The spool directory of this supervisor; not touched with `memory`. */
  readonly dir: string;
  /** Bytes below `dir`. Default: 256 MiB. */
  readonly maxBytes?: number;
  readonly maxAgeMs?: StoreOptions['maxAgeMs'];
  readonly maxMemoryBytes?: StoreOptions['maxMemoryBytes'];
  /** Encoding of new records: `json` only for http/json. */
  readonly encoding: Encoding;
  /** Makes a connection; see `connector`. */
  readonly connect: () => Transport;
  readonly sender?: Pick<SenderOptions, 'maxRequestBytes' | 'maxInFlight' | 'requestTimeoutMs'>;
  readonly batch?: SpoolProcessorOptions['batch'];
  /** Notes the start of SERVER and root spans; from starts-processor.js, which nobody else loads. */
  readonly noteStarts?: typeof import('./starts-processor.js').noteStarts;
  /** How long the SDK's own forceFlush and shutdown wait, in milliseconds. Default: 30,000. */
  readonly flushMs?: number;
  readonly warn: Warn;
  readonly onDrop: OnDrop;
  readonly ports?: SpoolPorts;
}

/** How logs or metrics become requests. */
export interface SignalOptions<Batch> extends Pick<JournalExporterOptions<Batch>, 'signal' | 'count'> {
  /** A whole export request, or undefined if it cannot be made. */
  readonly serialize: (batch: Batch) => Uint8Array | undefined;
}

/** The way of a worker's telemetry from the SDK to the collector. */
export interface Spool {
  /** For the one NodeTracerProvider. */
  readonly processor: SpanProcessor;
  /** An exporter for logs or metrics that goes the same way; its items are counted when they arrive in it. */
  exporter<Batch>(options: SignalOptions<Batch>): JournalExporter<Batch>;
  account(signal: Signal): AccountSnapshot;
  /** Requests the collector acknowledged so far. */
  readonly requests: () => number;
  /** True when everything that ended so far is settled; false if that takes longer than `ms`. */
  flush(ms: number): Promise<boolean>;
  /** Begins no request any more, and waits for those in flight, at most `ms`: an answer that is not awaited is a duplicate. */
  rest(ms: number): Promise<void>;
  /** Puts everything that is not settled on disk before it returns; for `process.on('exit')`. May be called again. */
  drainSync(): void;
  /** Queues what dead workers left below `dir`; resolves when it is queued. Nothing to do with `memory`. */
  adopt(workers?: KnownWorkers): Promise<Adoption>;
  /** Resolves when nothing at all waits any more, adopted records included; false after `ms`. */
  idle(ms: number): Promise<boolean>;
  /** After `drainSync`: closes connections and files. */
  close(): void;
}

export function createSpool(options: SpoolOptions): Spool {
  const { ports, accounts, journal, store, sender } = assemble(options);
  const flush = (ms: number) => {
    const flushed = store.flushed(ms);
    sender.hurry();
    return flushed;
  };
  const exporterFor = <Batch>(wanted: Pick<JournalExporterOptions<Batch>, 'signal' | 'encode' | 'count'>) =>
    new JournalExporter<Batch>({
      ...wanted,
      encoding: options.encoding,
      store,
      account: accounts[wanted.signal],
      flush: () => flush(options.flushMs ?? 30_000).then(() => undefined),
    });
  const spans = new SpoolProcessor({
    exporter: exporterFor<ReadableSpan[]>({
      signal: 'traces',
      encode: spanEncoding(options.encoding),
      count: countOf,
    }),
    account: accounts.traces,
    handing: options.delivery !== 'journal' ? 'schedule' : options.journalPer === 'span' ? 'span' : 'turn',
    defer: ports.defer,
    ...(options.batch && { batch: options.batch }),
  });
  const { noteStarts, encoding, warn } = options;
  const starts = journal && noteStarts?.(spans, { journal, ports, encoding, warn });
  return {
    processor: starts ?? spans,
    exporter: ({ signal, serialize, count }) =>
      exporterFor({
        signal,
        encode: wholeRequest(serialize, count),
        count: (batch) => {
          const items = count(batch);
          accounts[signal].ended += items;
          return items;
        },
      }),
    account: (signal) => accounts[signal].snapshot(),
    requests: () => sender.requests,
    flush: (ms) => {
      spans.handOn();
      return flush(ms);
    },
    rest: (ms) => {
      sender.rest();
      return store.landed(ms);
    },
    drainSync: () => {
      spans.drain();
      store.drainSync();
      starts?.log.settle();
      for (const signal of SIGNALS) accounts[signal].tellRest();
    },
    adopt: async (workers = { ends: [], running: [] }) => {
      if (!journal) return { dens: 0, items: 0, corruptBytes: 0 };
      return adopt({ root: options.dir, journal, store, ports, workers, account: accounts.traces });
    },
    idle: (ms) => {
      const idle = store.flushed(ms, true);
      sender.hurry();
      return idle;
    },
    close: () => {
      sender.close();
      starts?.log.close();
      journal?.close();
    },
  };
}

const countOf = (spans: readonly ReadableSpan[]) => spans.length;

function spanEncoding(encoding: Encoding): (spans: ReadableSpan[]) => Encoded {
  if (encoding === 'json')
    return wholeRequest((spans: ReadableSpan[]) => JsonTraceSerializer.serializeRequest(spans), countOf);
  const encoder = new SpanEncoder();
  return (spans) => encoder.encode(spans);
}

function assemble(options: SpoolOptions) {
  const { delivery, warn, onDrop, maxAgeMs, maxMemoryBytes, connect } = options;
  const ports = options.ports ?? nodePorts;
  const account = () => new Account({ now: ports.now, onDrop });
  const accounts: Record<Signal, Account> = { traces: account(), logs: account(), metrics: account() };
  const journal =
    delivery === 'memory'
      ? undefined
      : new Journal({
          root: options.dir,
          maxBytes: options.maxBytes ?? 256 << 20,
          ports,
          warn,
          onEvict: (segment) => store.evicted(segment),
          onLost: (segments) => store.lost(segments),
        });
  const store: Store = new Store({
    delivery,
    journal,
    accounts,
    ports,
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(maxMemoryBytes !== undefined && { maxMemoryBytes }),
  });
  // The journal gets a record per turn or span; a request for each would cost more than all the rest.
  const lingerMs = delivery === 'journal' ? 1_000 : 0;
  const sender = new Sender({ lingerMs, ...options.sender, store, connect, accounts, ports, warn });
  return { ports, accounts, journal, store, sender };
}
