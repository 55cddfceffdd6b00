import type { Resource } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Worker } from '../../hooks/types.js';
import type { SpanAccount } from '../contract/item-account.js';
import { NO_SPANS } from '../contract/item-account.js';
import type { LifecycleSpan } from '../contract/lifecycle-span.js';
import type { OtlpProtocol } from '../contract/otlp-protocols.js';
import type { SpanSource } from '../contract/watched-span.js';
import type { KnownWorkers } from '../contract/worker-exit.js';
import { type ExportSettings, otlpSignals } from '../otel-env/export-settings.js';
import type { Env } from '../otel-env/read-variable.js';
import type { PipelineOptions } from './built-in-options.js';
import { consoleSink } from './console-sink.js';
import { oldNames } from './http/old-names.js';
import { markOwnProvider } from './http/own-provider.js';
import { createIdGenerator } from './ids.js';
import { lookAtSpans } from './look-at-spans.js';
import { loadTransport, type Spool } from './outbox/index.js';
import { recordLifecycle } from './record-lifecycle.js';
import { createSampler } from './sampler.js';
import type { Signals } from './signals/index.js';
import { type FlushMode, outboxSink, type SpanSink } from './span-sink.js';

interface PipelineParts {
  readonly worker: Worker;
  readonly env: Env;
  readonly settings: ExportSettings;
  readonly options: PipelineOptions;
  readonly resource: Resource;
  /** There when any signal goes to a collector. */
  readonly spool: Spool | undefined;
  readonly signals: Signals | undefined;
}

export interface FlushResult {
  readonly account: SpanAccount;
  /** The deadline came before all of this worker was settled, or nobody takes it. */
  readonly gaveUp: boolean;
}

/** A worker's tracing: its provider, and the way out for its spans, and for the other signals. */
export interface Pipeline {
  readonly provider: NodeTracerProvider;
  /** What became of the spans so far. */
  account(): SpanAccount;
  /** Lets others look at the spans; undefined where no exporter sees any. */
  readonly look: SpanSource | undefined;
  /** Loads the exporter ahead of the first batch. */
  warm(): Promise<void>;
  /** Takes over what workers that are gone have left in the spool. */
  recover(workers: KnownWorkers): Promise<void>;
  /** Ends spans of the supervisor's own life, with the times and ids they come with. */
  record(spans: readonly LifecycleSpan[]): Promise<void>;
  /** Begins to send what waits, and waits for nothing. */
  hurry(): void;
  /**
   * Sends everything until `deadline` on performance.now(); what is left then goes to the spool. For the last time, unless it
   * `goesOn`. Never rejects.
   */
  flush(deadline: number, mode?: FlushMode): Promise<FlushResult>;
  /** What is not delivered goes to the spool, now: the process is about to end. */
  close(): SpanAccount;
}

/** Composes provider -> one processor for each exporter -> its way out. The one place where they meet. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { env, options, resource, signals, settings } = parts;
  const collector = parts.spool && openCollector(parts.spool, settings, options);
  const traced = settings.exporters.traces.map((name) =>
    name === 'otlp' && collector ? collector : consoleSink({ worker: parts.worker.slot, pid: parts.worker.pid }),
  );
  const sinks = [...new Set(collector ? [...traced, collector] : traced)];
  const named = oldNames(env);
  const spanProcessors = [...(named ? [named] : []), ...traced.map(({ processor }) => processor)];
  const provider = new NodeTracerProvider({
    resource,
    sampler: createSampler(env),
    idGenerator: createIdGenerator(options.idGenerator ?? 'random'),
    spanProcessors,
    ...(signals?.meterProvider && { meterProvider: signals.meterProvider }),
  });
  markOwnProvider(provider, { counted: signals?.meterProvider !== undefined });
  const account = () => ({ ...(traced[0]?.account() ?? NO_SPANS), ...otherAccounts(parts) });
  const flush = collector && traced.includes(collector) ? parts.spool?.flush : undefined;
  const forAll = <T>(act: (sink: SpanSink) => Promise<T>) => Promise.all(sinks.map(act));
  const hurry = () => {
    for (const sink of sinks) sink.hurry();
  };
  const drain = () => {
    signals?.drainSync();
    for (const sink of sinks) sink.drainSync();
  };
  return {
    provider,
    account,
    look: traced[0] && lookAtSpans({ processor: traced[0].processor, account: traced[0].account, flush }),
    warm: async () => void (await forAll((sink) => sink.warm())),
    recover: async (workers) => void (await forAll((sink) => sink.recover(workers))),
    record: async (spans) => {
      recordLifecycle(spans, { resource, sampler: createSampler(env), spanProcessors });
    },
    hurry,
    flush: async (deadline, mode = {}) => {
      if (signals) {
        // An instrument of the app that hangs must not take the time of the spans: they go out meanwhile.
        hurry();
        await signals.collect((performance.now() + deadline) / 2);
      }
      const settled = await forAll((sink) => sink.flush(deadline, mode));
      if (mode.goesOn) for (const sink of sinks) sink.keepSync();
      else drain();
      return { account: account(), gaveUp: settled.includes(false) };
    },
    close: () => {
      drain();
      const last = account();
      for (const sink of sinks) sink.close();
      return last;
    },
  };
}

function openCollector(
  spool: Spool,
  settings: ExportSettings,
  { otlpTransport: grpcClient }: PipelineOptions,
): SpanSink {
  const protocols = new Set(otlpSignals(settings).map((signal) => settings.targets[signal].protocol));
  const load = (protocol: OtlpProtocol) => loadTransport({ protocol, ...(grpcClient && { grpcClient }) });
  return outboxSink(spool, async () => void (await Promise.all([...protocols].map(load))));
}

/** Of logs and metrics, when they go to a collector. */
function otherAccounts({ spool, settings }: PipelineParts): Pick<SpanAccount, 'logs' | 'metrics'> {
  const sent = otlpSignals(settings);
  return {
    ...(spool && sent.includes('logs') && { logs: spool.account('logs') }),
    ...(spool && sent.includes('metrics') && { metrics: spool.account('metrics') }),
  };
}
