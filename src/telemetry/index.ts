import type { ShutdownContext, Worker } from '../../hooks/types.js';
import type { SpanAccount } from '../ipc/messages.js';
import { readAppPackage } from './app.js';
import { enableDiagnostics } from './diagnostics.js';
import { type InstrumentationSettings, instrument } from './instrumentations.js';
import { createPipeline, type Pipeline, type PipelineOptions } from './providers.js';
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
  /** Sends what is left until the deadline, and accounts for every span. Never rejects. */
  flush(context: Pick<ShutdownContext, 'deadline'>): Promise<SpanAccount>;
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
  const { provider, warm, account, flush } = createPipeline(worker, app, env, settings, options);
  const instrumented =
    options.autoInstrumentation === false
      ? []
      : await instrument(provider, worker.script, app, env, worker.log, options.instrumentations ?? {});
  const sendsOtlp = settings.exporters.includes('otlp');
  worker.log.info('telemetry attached', {
    ...(sendsOtlp ? { endpoint: settings.otlp.shown, protocol: settings.otlp.protocol } : {}),
    ...(settings.exporters.join() !== 'otlp' ? { exporter: settings.exporters.join() || 'none' } : {}),
    instrumentations: instrumented.join() || 'none',
  });
  return { provider, warm, account, flush: ({ deadline }) => flush(deadline) };
}
