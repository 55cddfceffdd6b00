import type { KnownWorkers, LifecycleSpan, ShutdownContext, SpanAccount, Worker } from '../../hooks/types.js';
import { readAppPackage } from './app.js';
import { enableDiagnostics } from './diagnostics.js';
import { type InstrumentationSettings, instrument } from './instrumentations.js';
import { createPipeline, type FlushResult, type Pipeline, type PipelineOptions } from './providers.js';
import { readSettings } from './settings.js';

export { type Joined, type JoinOptions, joinProvider, verifyJoined } from './join.js';

export interface TelemetryOptions extends PipelineOptions {
  /** False: a provider, but no library is instrumented. Default true. */
  readonly autoInstrumentation?: boolean | undefined;
  /** Settings for single instrumentations, by short name (`http`, `undici`, `pg`). */
  readonly instrumentations?: InstrumentationSettings | undefined;
}

/** The telemetry of one worker, from after its fork to its end. */
export interface Telemetry {
  readonly provider: Pipeline['provider'];
  /** Loads the exporter, so that it is not loaded under traffic. */
  warm(): Promise<void>;
  /** What became of the spans so far. */
  account(): SpanAccount;
  /** Takes over what workers that are gone have left in the spool. */
  adopt(workers: KnownWorkers): Promise<void>;
  /** Ends spans of the supervisor's own life, with the times and ids they come with. */
  record(spans: readonly LifecycleSpan[]): Promise<void>;
  /** Sends what is left until the deadline, spools the rest, and accounts for every span. Never rejects. */
  flush(context: Pick<ShutdownContext, 'deadline'>): Promise<FlushResult>;
  /** For `process.on('exit')`: what is not delivered is in the spool when it returns. */
  close(): SpanAccount;
}

/**
 * Builds this worker's telemetry from the OTEL_* variables. Undefined when OTEL_SDK_DISABLED says so.
 * Throws OTEL_INVALID and HEADERS_FILE.
 */
export async function startTelemetry(worker: Worker, options: TelemetryOptions = {}): Promise<Telemetry | undefined> {
  const env = process.env;
  const settings = readSettings(env);
  if (settings.disabled) {
    worker.log.info('telemetry is off', { why: 'OTEL_SDK_DISABLED=true' });
    return undefined;
  }
  enableDiagnostics(env, worker.log);
  if (settings.otlp.note) worker.log.info(settings.otlp.note);
  const app = readAppPackage(worker.script);
  // Only here is it known that a start is to be noted: nobody else loads the code for it.
  const starts = options.journalStarts ? await import('./spool/starts-processor.js') : undefined;
  const pipeline = createPipeline(worker, app, env, settings, { ...options, ...starts });
  const instrumented =
    options.autoInstrumentation === false
      ? []
      : await instrument(pipeline.provider, worker.script, app, env, worker.log, options.instrumentations ?? {});
  const sendsOtlp = settings.exporters.includes('otlp');
  worker.log.info('telemetry attached', {
    ...(sendsOtlp ? { endpoint: settings.otlp.shown, protocol: settings.otlp.protocol } : {}),
    ...(settings.exporters.join() !== 'otlp' ? { exporter: settings.exporters.join() || 'none' } : {}),
    instrumentations: instrumented.join() || 'none',
  });
  return { ...pipeline, flush: ({ deadline }) => pipeline.flush(deadline) };
}
