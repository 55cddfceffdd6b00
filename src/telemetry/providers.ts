import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { KnownWorkers, LifecycleSpan, SpanAccount, Worker } from '../../hooks/types.js';
import { NO_SPANS } from '../ipc/account.js';
import { defaultSpoolDir } from '../spool-dir.js';
import type { AppPackage } from './app.js';
import { consoleOutlet } from './console.js';
import { type DeliveryOptions, openSpool } from './delivery.js';
import type { Env } from './env.js';
import { createIdGenerator, type IdGeneratorName } from './ids.js';
import { type Outlet, spoolOutlet } from './outlet.js';
import { createResource } from './resource.js';
import { createSampler } from './sampler.js';
import type { ExporterName, ExportSettings } from './settings.js';
import { loadTransport, type SpoolOptions } from './spool/index.js';

export interface PipelineOptions extends DeliveryOptions, Pick<SpoolOptions, 'noteStarts'> {
  /** `random` by default. */
  readonly idGenerator?: IdGeneratorName | undefined;
}

export interface FlushResult {
  readonly account: SpanAccount;
  /** The deadline came before all spans of this worker were settled. */
  readonly gaveUp: boolean;
}

/** A worker's tracing: its provider, and the way out for its spans. */
export interface Pipeline {
  readonly provider: NodeTracerProvider;
  /** What became of the spans so far. */
  account(): SpanAccount;
  /** Loads the exporter ahead of the first batch. */
  warm(): Promise<void>;
  /** Takes over what workers that are gone have left in the spool. */
  adopt(workers: KnownWorkers): Promise<void>;
  /** Ends spans of the supervisor's own life, with the times and ids they come with. */
  record(spans: readonly LifecycleSpan[]): Promise<void>;
  /** Sends everything until `deadline` on performance.now(); what is left then goes to the spool. Never rejects. */
  flush(deadline: number): Promise<FlushResult>;
  /** What is not delivered goes to the spool, now: the process is about to end. */
  close(): SpanAccount;
}

/** Composes provider -> one processor for each exporter -> its way out. The one place where they meet. */
export function createPipeline(
  worker: Worker,
  app: AppPackage,
  env: Env,
  settings: ExportSettings,
  options: PipelineOptions,
): Pipeline {
  const spoolDir = options.spoolDir ?? defaultSpoolDir(worker.name, app.dir, env);
  const outlets = settings.exporters.map((name) => openOutlet(name, worker, env, settings, { ...options, spoolDir }));
  const resource = createResource(worker, app, env);
  const spanProcessors = outlets.map(({ processor }) => processor);
  const provider = new NodeTracerProvider({
    resource,
    sampler: createSampler(env),
    idGenerator: createIdGenerator(options.idGenerator ?? 'random'),
    spanProcessors,
  });
  const account = () => outlets[0]?.account() ?? NO_SPANS;
  const drain = () => {
    for (const outlet of outlets) outlet.drainSync();
  };
  return {
    provider,
    account,
    warm: async () => void (await Promise.all(outlets.map((outlet) => outlet.warm()))),
    adopt: async (workers) => void (await Promise.all(outlets.map((outlet) => outlet.adopt(workers)))),
    record: async (spans) => {
      const { recordLifecycle } = await import('./lifecycle.js');
      recordLifecycle(spans, { resource, sampler: createSampler(env), spanProcessors });
    },
    flush: async (deadline) => {
      const settled = await Promise.all(outlets.map((outlet) => outlet.flush(deadline)));
      drain();
      return { account: account(), gaveUp: settled.includes(false) };
    },
    close: () => {
      drain();
      const last = account();
      for (const outlet of outlets) outlet.close();
      return last;
    },
  };
}

function openOutlet(
  name: ExporterName,
  worker: Worker,
  env: Env,
  { otlp }: ExportSettings,
  options: PipelineOptions & { readonly spoolDir: string },
): Outlet {
  if (name === 'console') return consoleOutlet({ worker: worker.slot, pid: worker.pid });
  const spool = openSpool(env, otlp, options, worker.log);
  return spoolOutlet(spool, () => loadTransport(otlp.protocol));
}
