import { setImmediate } from 'node:timers/promises';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { Worker } from '../../hooks/types.js';
import type { SpanAccount } from '../ipc/messages.js';
import { AccountingProcessor, Ledger } from './accounting.js';
import type { AppPackage } from './app.js';
import { readBatch } from './batch.js';
import type { Env } from './env.js';
import { AccountingExporter } from './exporter.js';
import { type Headers, readHeadersFile } from './headers.js';
import { createIdGenerator, type IdGeneratorName } from './ids.js';
import { createResource } from './resource.js';
import { createSampler } from './sampler.js';
import { createSender } from './senders.js';
import type { ExportSettings } from './settings.js';
import { createDropWarnings } from './warnings.js';

export interface PipelineOptions {
  /** A file of OTLP headers, see readHeadersFile. */
  readonly headersFile?: string | undefined;
  /** `random` by default. */
  readonly idGenerator?: IdGeneratorName | undefined;
}

/** A worker's tracing: its provider, and the way out for its spans. */
export interface Pipeline {
  readonly provider: NodeTracerProvider;
  /** Loads the exporter ahead of the first batch. */
  warm(): Promise<void>;
  /** What became of the spans so far. */
  account(): SpanAccount;
  /** Sends everything, spans that end meanwhile included, until `deadline` on performance.now(). Never rejects. */
  flush(deadline: number): Promise<SpanAccount>;
}

/** Composes provider -> accounting -> batch -> exporter -> sender. The one place where they meet. */
export function createPipeline(
  worker: Worker,
  app: AppPackage,
  env: Env,
  settings: ExportSettings,
  options: PipelineOptions,
): Pipeline {
  const ledger = new Ledger(createDropWarnings(worker.log, () => performance.now()));
  const headers: Headers = options.headersFile ? readHeadersFile(options.headersFile, worker.log) : {};
  const sender = createSender(settings, headers, { worker: worker.slot, pid: worker.pid });
  const batch = readBatch(env);
  const exporter = sender && new AccountingExporter(sender, ledger);
  const processor =
    exporter && new AccountingProcessor(new BatchSpanProcessor(exporter, batch), ledger, batch.maxQueueSize);
  const provider = new NodeTracerProvider({
    resource: createResource(worker, app, env),
    sampler: createSampler(env),
    idGenerator: createIdGenerator(options.idGenerator ?? 'random'),
    spanProcessors: processor ? [processor satisfies SpanProcessor] : [],
  });
  return {
    provider,
    warm: async () => exporter?.warm(),
    account: () => ledger.account(),
    flush: async (deadline) => {
      if (!processor || !exporter) return ledger.close();
      const drained = drain(processor, exporter, ledger).catch((error) =>
        worker.log.warn('flush', { error: String(error) }),
      );
      await before(deadline, drained);
      processor.close();
      return ledger.close();
    },
  };
}

/** The processor's own forceFlush leaves out the batch in flight, and spans may end while it runs. */
async function drain(processor: AccountingProcessor, exporter: AccountingExporter, ledger: Ledger): Promise<void> {
  do {
    await Promise.all([processor.forceFlush(), exporter.forceFlush()]);
    await exporter.forceFlush();
    await setImmediate();
  } while (ledger.pending > 0);
}

async function before(deadline: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
