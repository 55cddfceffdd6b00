import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-node';

import type { KnownWorkers } from '../../contract/worker-exit.js';
import type { Account, AccountSnapshot, OnDrop } from './account.js';
import { type Encoded, JournalExporter, type JournalExporterOptions } from './exporter.js';
import { SpanEncoder } from './format/encode/encode-spans.js';
import { inJson, wholeRequest } from './format/encode/whole-request.js';
import { type Encoding, SIGNALS, type Signal } from './format/record.js';
import { nodePorts, type SpoolPorts, type Warn } from './outbox-ports.js';
import { bySignal, createPipelines, type Destination, type Pipeline, type Pipelines } from './pipeline.js';
import { type Handing, SpoolProcessor, type SpoolProcessorOptions } from './processor.js';
import { type Recovery, recover } from './recover/recover.js';
import { noteStarts } from './starts-processor.js';
import type { FlushScope } from './store/flush-scope.js';
import { Journal } from './store/journal.js';
import type { Delivery, StoreOptions } from './store/store.js';

export type { Account, AccountSnapshot } from './account.js';
export { balance } from './account.js';
export type { JournalExporter } from './exporter.js';
export { type Encoding, SIGNALS, type Signal } from './format/record.js';
export type { Destination } from './pipeline.js';
export type { Handing } from './processor.js';
export type { Recovery } from './recover/recover.js';
export type { Outcome, Transport } from './send/outcome.js';
export { connector, loadTransport, type TransportConfig } from './send/transport.js';
export { hasUpstream } from './send/upstream-transport.js';
export type { Delivery } from './store/store.js';

export interface SpoolOptions extends Destination {
  readonly delivery: Delivery;
  /** With `journal`: one record per turn of the event loop (`batch`) or per span. Default: `batch`. */
  readonly journalPer?: 'batch' | 'span';
  /** The spool directory of this supervisor; not touched with `memory`. */
  readonly dir: string;
  /** Bytes below `dir`. Default: 256 MiB. */
  readonly maxBytes?: number;
  readonly maxAgeMs?: StoreOptions['maxAgeMs'];
  /** Of each signal. */
  readonly maxMemoryBytes?: StoreOptions['maxMemoryBytes'];
  /** Signals that do not go where the spans go. */
  readonly others?: Partial<Record<Signal, Destination>>;
  readonly batch?: SpoolProcessorOptions['batch'];
  /** Notes the start of SERVER and root spans; not with `memory`. Default: false. */
  readonly journalStarts?: boolean;
  /** How long the SDK's own forceFlush and shutdown wait, in milliseconds. Default: 30,000. */
  readonly flushMs?: number;
  readonly warn: Warn;
  readonly onDrop: OnDrop;
  readonly ports?: SpoolPorts;
}

/** Something in front of an exporter in which items wait. */
interface Source {
  /** Hands all that waits to the exporter before it returns. */
  handOn(): void;
  /** The same, and from now on each item at once: nothing may be left in it at the exit. */
  drain(): void;
}

/** What a processor of logs or a reader of metrics needs to send the same way as the spans. */
export interface Way<Batch> {
  /** Counts nothing as ended: whoever is in front of it does, in `account`. */
  readonly exporter: JournalExporter<Batch>;
  readonly account: Account;
  readonly handing: Handing;
  readonly defer: (run: () => void) => void;
  /** Lets every flush and the way out ask for what waits in front. */
  attach(source: Source): void;
}

interface WayOptions<Batch> extends Pick<JournalExporterOptions<Batch>, 'signal' | 'count'> {
  /** A whole export request in protobuf; may throw. */
  readonly serialize: (batch: Batch) => Uint8Array | undefined;
  /** Each item as a batch of its own, for a batch that cannot be serialized as a whole. */
  readonly divide: (batch: Batch) => readonly Batch[];
}

/** The way of a worker's telemetry from the SDK to the collector. */
export interface Spool {
  /** For the one NodeTracerProvider. */
  readonly processor: SpanProcessor;
  /** What waits in it, and how much can. */
  readonly queue: () => { readonly size: number; readonly capacity: number };
  /** The way of another signal. */
  way<Batch>(options: WayOptions<Batch>): Way<Batch>;
  account(signal: Signal): AccountSnapshot;
  /** Requests the collector acknowledged so far. */
  readonly requests: () => number;
  /** Hands on all that waits, and tries to send it now. */
  hurry(): void;
  /** True when everything that ended so far is settled; false if that takes longer than `ms`, or is left to others. */
  flush(ms: number, scope?: Pick<FlushScope, 'othersSend'>): Promise<boolean>;
  /** Begins no request any more, and waits for those in flight, at most `ms`: an answer that is not awaited is a duplicate. */
  rest(ms: number): Promise<void>;
  /** Puts everything that is not settled on disk before it returns, and goes on; nothing to do with `memory`. */
  keepSync(): void;
  /** Puts everything that is not settled on disk before it returns; for `process.on('exit')`. May be called again. */
  drainSync(): void;
  /** Queues what dead workers left below `dir`; resolves when it is queued. Nothing to do with `memory`. */
  recover(workers?: KnownWorkers): Promise<Recovery>;
  /** Resolves when nothing at all waits any more, recovered records included; false after `ms`. */
  idle(ms: number): Promise<boolean>;
  /** After `drainSync`: closes connections and files. */
  close(): void;
}

export function createSpool(options: SpoolOptions): Spool {
  const ports = options.ports ?? nodePorts;
  const { journal, pipelines } = assemble(options, ports);
  const all: readonly Pipeline[] = Object.values(pipelines);
  const { openWay, sources, flushed } = createWays(options, pipelines, ports);
  const traces = openWay<ReadableSpan[]>({
    signal: 'traces',
    encode: spanEncoding(pipelines.traces.encoding),
    count: countOf,
  });
  const processor = new SpoolProcessor({ ...traces, ...(options.batch && { batch: options.batch }) });
  traces.attach(processor);
  const { encoding } = pipelines.traces;
  const { journalStarts, warn } = options;
  const starts = journal && journalStarts ? noteStarts(processor, { journal, ports, encoding, warn }) : undefined;
  return {
    processor: starts ?? processor,
    queue: () => ({ size: processor.queued, capacity: processor.capacity }),
    way: ({ signal, serialize, count, divide }) => {
      const encode = wholeRequest(serialize, count, divide);
      return openWay({
        signal,
        count,
        encode: pipelines[signal].encoding === 'json' ? inJson(signal, encode) : encode,
      });
    },
    account: (signal) => pipelines[signal].account.snapshot(),
    requests: () => all.reduce((sum, { sender }) => sum + sender.requests, 0),
    hurry: () => {
      for (const source of sources) source.handOn();
      for (const { sender } of all) sender.hurry();
    },
    flush: (ms, scope) => {
      for (const source of sources) source.handOn();
      return flushed(all, ms, scope);
    },
    rest: async (ms) => {
      for (const { sender } of all) sender.rest();
      await Promise.all(all.map(({ store }) => store.landed(ms)));
    },
    ...keepers(all, sources, () => starts?.log.settle()),
    recover: async (workers = { ends: [], running: [] }) => {
      if (!journal) return { directories: 0, items: 0, corruptBytes: 0 };
      const stores = bySignal((signal) => pipelines[signal].store);
      return recover({ root: options.dir, journal, stores, ports, workers, warn, account: pipelines.traces.account });
    },
    idle: (ms) => flushed(all, ms, { recovered: true }),
    close: () => {
      for (const { sender } of all) sender.close();
      starts?.log.close();
      journal?.close();
    },
  };
}

/** What puts on disk what is not settled. */
function keepers(
  all: readonly Pipeline[],
  sources: ReadonlySet<Source>,
  settleStarts: () => void,
): Pick<Spool, 'keepSync' | 'drainSync'> {
  return {
    keepSync: () => {
      for (const source of sources) source.handOn();
      for (const { store } of all) store.keepSync();
    },
    drainSync: () => {
      for (const source of sources) source.drain();
      for (const { store } of all) store.drainSync();
      settleStarts();
      for (const { account } of all) account.warnOfRest();
    },
  };
}

const countOf = (spans: readonly ReadableSpan[]) => spans.length;

function spanEncoding(encoding: Encoding): (spans: ReadableSpan[]) => Encoded {
  const encoder = new SpanEncoder();
  if (encoding === 'json') return inJson('traces', (spans) => encoder.encode(spans));
  return (spans) => encoder.encode(spans);
}

function createWays(options: SpoolOptions, pipelines: Pipelines, ports: SpoolPorts) {
  const sources = new Set<Source>();
  const flushed = async (which: readonly Pipeline[], ms: number, scope?: FlushScope) => {
    const settled = which.map(({ store, sender }) => {
      const done = store.flushed(ms, scope);
      sender.hurry();
      return done;
    });
    return (await Promise.all(settled)).every(Boolean);
  };
  const { delivery, journalPer, flushMs = 30_000 } = options;
  const handing = delivery !== 'journal' ? 'schedule' : journalPer === 'span' ? 'span' : 'turn';
  const openWay = <Batch>(wanted: Pick<JournalExporterOptions<Batch>, 'signal' | 'encode' | 'count'>): Way<Batch> => {
    const pipeline = pipelines[wanted.signal];
    const { account, encoding, store } = pipeline;
    const exporter = new JournalExporter<Batch>({
      ...{ ...wanted, encoding, store, account },
      flush: () => flushed([pipeline], flushMs).then(() => undefined),
    });
    return { exporter, account, handing, defer: ports.defer, attach: (source) => void sources.add(source) };
  };
  return { openWay, sources, flushed };
}

function assemble(options: SpoolOptions, ports: SpoolPorts) {
  const { delivery, warn, maxAgeMs, maxMemoryBytes, others = {}, onDrop } = options;
  const journal =
    delivery === 'memory'
      ? undefined
      : new Journal({
          root: options.dir,
          maxBytes: options.maxBytes ?? 256 << 20,
          ports,
          warn,
          onEvict: (segment) => SIGNALS.forEach((signal) => void pipelines[signal].store.evicted(segment)),
          onLost: (segments) => SIGNALS.forEach((signal) => void pipelines[signal].store.lost(segments)),
        });
  const pipelines: Pipelines = createPipelines({
    ...{ delivery, journal, destination: options, others, ports, warn, onDrop },
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(maxMemoryBytes !== undefined && { maxMemoryBytes }),
  });
  return { journal, pipelines };
}
