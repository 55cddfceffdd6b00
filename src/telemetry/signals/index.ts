import { logs } from '@opentelemetry/api-logs';
import type { Resource } from '@opentelemetry/resources';
import type { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Worker } from '../../../hooks/types.js';
import { eventLog } from '../../contract/log-events.js';
import type { ExportSettings } from '../../otel-env/export-settings.js';
import type { Env } from '../../otel-env/read-variable.js';
import type { AppPackage } from '../app-package.js';
import type { SignalOptions } from '../built-in-options.js';
import { createFilter } from '../instrumentation-filter.js';
import type { Made } from '../instrumentation-states.js';
import type { Spool } from '../outbox/index.js';
import { wrapConsole } from './console-capture.js';
import { jsonLines, type Lines } from './lines.js';
import { bringsItself, instrumentLoggers } from './loggers.js';
import { type Logging, openLogs } from './logs-pipeline.js';
import { type Metering, openMetrics } from './metrics-pipeline.js';
import { measureProcess, runtimeInstrumentation } from './runtime.js';
import { observeSelf } from './self.js';

export interface SignalParts {
  readonly worker: Worker;
  readonly app: AppPackage;
  readonly env: Env;
  readonly settings: ExportSettings;
  readonly options: SignalOptions;
  readonly resource: Resource;
  /** There when anything goes to a collector. */
  readonly spool: Spool | undefined;
}

/** A worker's metrics and logs; what was not asked for is not there. */
export interface Signals {
  readonly meterProvider: MeterProvider | undefined;
  readonly loggerProvider: LoggerProvider | undefined;
  /** The Prometheus text. */
  readonly scrape: (() => Promise<string>) | undefined;
  /** Instruments the runtime, the console, pino and winston as far as asked for. */
  instrument(): Promise<{ readonly names: readonly string[]; readonly made: readonly Made[] }>;
  /** Collects the metrics a last time and hands them on; until `deadline` on performance.now(). Never rejects. */
  collect(deadline: number): Promise<void>;
  /** Prints what waits for the end of the turn. */
  drainSync(): void;
}

/** Builds the providers of metrics and logs. Throws OTEL_INVALID. */
export async function openSignals(parts: SignalParts): Promise<Signals> {
  const { worker, env, settings, resource, spool } = parts;
  const lines = jsonLines({ worker: worker.slot, pid: worker.pid });
  const { metrics, logs: logNames } = settings.exporters;
  const common = { env, resource, spool, lines };
  const metering = metrics.length > 0 ? await openMetrics({ ...common, names: metrics }) : undefined;
  const meterProvider = metering?.provider;
  const logging = logNames.length > 0 ? openLogs({ ...common, names: logNames, meterProvider }) : undefined;
  if (meterProvider) observeAll(meterProvider, logging, parts);
  return assemble(parts, metering, logging, lines);
}

function assemble(
  parts: SignalParts,
  metering: Metering | undefined,
  logging: Logging | undefined,
  lines: Lines,
): Signals {
  const meterProvider = metering?.provider;
  const loggerProvider = logging?.provider;
  return {
    meterProvider,
    loggerProvider,
    scrape: metering?.scrape,
    instrument: () => instrumentSignals(parts, meterProvider, loggerProvider),
    collect: async (deadline) => {
      await within(deadline, Promise.resolve(meterProvider?.forceFlush())).catch((error) => {
        eventLog(parts.worker.log, 'metrics-not-collected').warn('the last metrics were not collected', {
          why: String(error),
        });
      });
      await lines.flushed();
    },
    drainSync: lines.print,
  };
}

/** The account of what goes to a collector, as metrics. */
function observeAll(meters: MeterProvider, logging: Logging | undefined, { settings, spool }: SignalParts): void {
  const { exporters, targets } = settings;
  if (!spool) return;
  if (exporters.traces.includes('otlp')) {
    const account = () => spool.account('traces');
    observeSelf({ meters, signal: 'span', target: targets.traces, account, queue: spool.queue });
  }
  if (logging?.queue) {
    const account = () => spool.account('logs');
    observeSelf({ meters, signal: 'log', target: targets.logs, account, queue: logging.queue });
  }
}

const RUNTIME = 'runtime-node';

async function instrumentSignals(
  { app, env, options, worker }: SignalParts,
  meterProvider: MeterProvider | undefined,
  loggerProvider: LoggerProvider | undefined,
) {
  const wanted = createFilter(env);
  const { logCorrelation: correlate = false, captureLogs = false } = options;
  const capture = captureLogs && loggerProvider !== undefined;
  const names: string[] = [];
  const made: Made[] = [];
  if (meterProvider && wanted(RUNTIME)) {
    measureProcess(meterProvider);
    if (!bringsItself(app, RUNTIME)) {
      const instrumentation = runtimeInstrumentation();
      made.push({ name: RUNTIME, package: 'kf-cluster', instrumentation, before: new Set() });
    }
    names.push(...made.map(() => RUNTIME));
  }
  if (correlate || capture) {
    const logger = capture ? loggerProvider.getLogger('console') : undefined;
    if (wanted('console')) wrapConsole({ correlate, logger });
    const found = await instrumentLoggers({ app, log: worker.log, wanted, correlate, capture });
    names.push(...(wanted('console') ? ['console'] : []), ...found.names);
    made.push(...found.made);
  }
  return { names, made };
}

/** Makes it the global provider of @opentelemetry/api-logs, whose copies all read one place. */
export function setGlobalLoggerProvider(provider: LoggerProvider): void {
  logs.disable();
  logs.setGlobalLoggerProvider(provider);
}

async function within(deadline: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const left = Math.max(0, deadline - performance.now());
    timer = setTimeout(() => reject(new Error('an observable instrument did not answer in time')), left);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
