import type { OtherProviders, ShutdownContext, Worker } from '../../hooks/types.js';
import { STOP_REASONS } from '../contract/exit-reasons.js';
import type { InstrumentationState } from '../contract/instrumentation-state.js';
import type { SpanAccount } from '../contract/item-account.js';
import type { LifecycleSpan } from '../contract/lifecycle-span.js';
import type { Fields } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { KnownWorkers } from '../contract/worker-exit.js';
import { type ExportSettings, otlpSignals, readSettings } from '../otel-env/export-settings.js';
import { proxyFor } from '../otel-env/proxy.js';
import { defaultSpoolDir } from '../system/spool-dir.js';
import { type AppPackage, readAppPackage } from './app-package.js';
import type { TelemetryOptions } from './built-in-options.js';
import { openSpool } from './delivery.js';
import { detectAttributes } from './detectors.js';
import { enableDiagnostics } from './diagnostics.js';
import { addInstrumentations, instrument, instrumentationStates, reportInstrumentations } from './instrumentations.js';
import { flushOther, hasProvider, otherProvider, stepBackAtOnce } from './other-provider.js';
import { createPipeline, type FlushResult, type Pipeline } from './providers.js';
import { createResource } from './resource.js';
import type { Signals } from './signals/index.js';
import type { FlushMode } from './span-sink.js';

export { type Joined, type JoinOptions, joinProvider, verifyJoined } from './join.js';

/** `goesOn`: `withTelemetry`. Without a reason nobody is known to come after this process. */
export interface FlushContext
  extends Pick<ShutdownContext, 'deadline'>,
    Partial<Pick<ShutdownContext, 'reason'>>,
    Pick<FlushMode, 'goesOn'> {}

/** The telemetry of one worker, from after its fork to its end. */
export interface Telemetry {
  readonly provider: Pipeline['provider'];
  /** Those of metrics and logs, as far as there are any. */
  readonly others: OtherProviders;
  /** The app's metrics as Prometheus text, when that exporter was asked for. */
  readonly scrape: (() => Promise<string>) | undefined;
  /** Loads the exporter, so that it is not loaded under traffic. */
  warm(): Promise<void>;
  /** What became of the spans so far. */
  account(): SpanAccount;
  /** What instruments this process, and what each has done so far. */
  instrumentations(): readonly InstrumentationState[];
  /** Lets others look at its spans, while they do. */
  readonly look: Pipeline['look'];
  /** Says what of the instrumentation does not work, once the app serves. */
  reportProblems(): void;
  /** Takes over what workers that are gone have left in the spool. */
  recover(workers: KnownWorkers): Promise<void>;
  /** Ends spans of the supervisor's own life, with the times and ids they come with. */
  record(spans: readonly LifecycleSpan[]): Promise<void>;
  /** Begins to send what waits, and waits for nothing: the drain need not come before it. */
  hurry(): void;
  /** Sends what is left until the deadline, spools the rest, and accounts for every span. Never rejects. */
  flush(context: FlushContext): Promise<FlushResult>;
  /** For `process.on('exit')`: what is not delivered is in the spool when it returns. */
  close(): SpanAccount;
}

/**
 * Builds this worker's telemetry from the OTEL_* variables. Undefined when OTEL_SDK_DISABLED says so.
 * Throws OTEL_INVALID and HEADERS_FILE.
 */
export async function startTelemetry(worker: Worker, options: TelemetryOptions = {}): Promise<Telemetry | undefined> {
  const env = process.env;
  const settings = readSettings(env, { captureLogs: options.captureLogs });
  if (settings.disabled) {
    worker.log.info('telemetry is off', { why: 'OTEL_SDK_DISABLED=true' });
    return undefined;
  }
  if (options.telemetry === 'auto' && hasProvider()) {
    stepBackAtOnce(worker.log);
    return undefined;
  }
  enableDiagnostics(env, worker.log);
  const otlp = otlpSignals(settings);
  const notes = new Set(otlp.map((signal) => settings.targets[signal].note).filter((note) => note !== undefined));
  for (const note of notes) worker.log.info(note);
  const app = readAppPackage(worker.script, options.projectDirs);
  const dirs = [app.dir, ...(options.instrumentationsFrom ?? [])];
  const resource = createResource(worker, app, env, await detectAttributes(dirs, env, worker.log));
  const spoolDir = options.spoolDir ?? defaultSpoolDir(worker.name, app.dir, env);
  const spooling = { ...options, spoolDir };
  const spool = otlp.length > 0 ? openSpool(env, settings.targets, spooling, worker.log) : undefined;
  const signals = await openAsked({ worker, app, env, settings, options, resource, spool });
  const pipeline = createPipeline({ worker, env, settings, options, resource, spool, signals });
  const names = await instrumentAll(worker, app, options, signals);
  eventLog(worker.log, 'telemetry-attached').info('telemetry attached', attached(settings, names));
  return {
    ...pipeline,
    others: { meterProvider: signals?.meterProvider, loggerProvider: signals?.loggerProvider },
    scrape: signals?.scrape,
    instrumentations: instrumentationStates,
    reportProblems: () =>
      reportInstrumentations(worker.log, [...app.dependencies, ...app.devDependencies], otherProvider()),
    flush: async ({ deadline, goesOn, reason }) => {
      const othersSend = reason !== undefined && STOP_REASONS[reason].succeeded;
      const own = pipeline.flush(deadline, { goesOn, othersSend });
      const [flushed] = await Promise.all([own, flushOther(deadline, worker.log)]);
      return flushed;
    },
  };
}

type SignalParts = Parameters<typeof import('./signals/index.js').openSignals>[0];

/** A worker that has traces alone does not load what metrics and logs need. */
async function openAsked(parts: SignalParts): Promise<Signals | undefined> {
  const { exporters } = parts.settings;
  const { logCorrelation, captureLogs } = parts.options;
  const asked = exporters.metrics.length > 0 || exporters.logs.length > 0 || logCorrelation || captureLogs;
  return asked ? (await import('#bundle/signals')).openSignals(parts) : undefined;
}

async function instrumentAll(
  worker: Worker,
  app: AppPackage,
  options: TelemetryOptions,
  signals: Signals | undefined,
): Promise<string[]> {
  const { autoInstrumentation, instrumentations: settings = {}, instrumentationsFrom: from = [] } = options;
  const { names: ownNames = [], made = [] } = (await signals?.instrument()) ?? {};
  if (autoInstrumentation === false) {
    addInstrumentations(made);
    return [...ownNames];
  }
  const names = await instrument(app, process.env, worker.log, {
    ...options,
    ...{ settings, from, made, attributesAtStart: options.journalStarts },
  });
  return [...names, ...ownNames];
}

/** What was set up; headers, userinfo and queries are never shown. */
function attached({ exporters, targets }: ExportSettings, instrumented: readonly string[]): Fields {
  const { traces, metrics, logs } = exporters;
  const { proxy } = proxyFor(process.env, targets.traces.protocol, targets.traces.url);
  const elsewhere = (signal: 'metrics' | 'logs') =>
    targets[signal].shown.replace(/\/v1\/\w+$/, '') === targets.traces.shown.replace(/\/v1\/\w+$/, '')
      ? undefined
      : targets[signal].shown;
  return {
    ...(traces.includes('otlp') && { endpoint: targets.traces.shown, protocol: targets.traces.protocol }),
    ...(proxy && { proxy: proxy.host }),
    ...(traces.join() !== 'otlp' && { exporter: traces.join() || 'none' }),
    ...(metrics.length > 0 && { metrics: metrics.join(), 'metrics-endpoint': elsewhere('metrics') }),
    ...(logs.length > 0 && { logs: logs.join(), 'logs-endpoint': elsewhere('logs') }),
    instrumentations: instrumented.join() || 'none',
  };
}
