import { ExportResultCode } from '@opentelemetry/core';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import {
  DataPointType,
  type IMetricReader,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { MetricsExporterName } from '../../otel-env/export-settings.js';
import { type Env, read } from '../../otel-env/read-variable.js';
import type { Spool } from '../outbox/index.js';
import { eachMetric } from './each-metric.js';
import type { Lines } from './lines.js';
import { readAggregation, readTemporality } from './temporality.js';

interface MetricParts {
  readonly names: readonly MetricsExporterName[];
  readonly env: Env;
  readonly resource: Resource;
  /** There when `names` holds `otlp`. */
  readonly spool: Spool | undefined;
  readonly lines: Lines;
}

/** A worker's metrics. */
export interface Metering {
  readonly provider: MeterProvider;
  /** The Prometheus text, when that exporter was asked for. */
  readonly scrape: (() => Promise<string>) | undefined;
}

/** One MeterProvider with a reader for each exporter. Throws OTEL_INVALID. */
export async function openMetrics(parts: MetricParts): Promise<Metering> {
  const { names, env, resource, spool, lines } = parts;
  const times = readTimes(env);
  const readers: IMetricReader[] = [];
  if (names.includes('otlp') && spool) {
    readers.push(new PeriodicExportingMetricReader({ ...times, exporter: otlpExporter(spool, env) }));
  }
  if (names.includes('console')) {
    readers.push(new PeriodicExportingMetricReader({ ...times, exporter: consoleExporter(lines) }));
  }
  const pull = names.includes('prometheus') ? (await import('./prometheus.js')).prometheusReader() : undefined;
  if (pull) readers.push(pull.reader);
  return { provider: new MeterProvider({ resource, readers, sdkMetricsEnabled: true }), scrape: pull?.scrape };
}

/** OTEL_METRIC_EXPORT_INTERVAL and _TIMEOUT in milliseconds. */
function readTimes(env: Env): { exportIntervalMillis: number; exportTimeoutMillis: number } {
  const exportIntervalMillis = read(env, 'OTEL_METRIC_EXPORT_INTERVAL');
  const timeout = read(env, 'OTEL_METRIC_EXPORT_TIMEOUT');
  // The reader refuses a timeout above its interval.
  return { exportIntervalMillis, exportTimeoutMillis: Math.min(timeout, exportIntervalMillis) };
}

/** In front of the spool: what is collected is serialized once and stored, and counts as exported for the reader. */
function otlpExporter(spool: Spool, env: Env): PushMetricExporter {
  const { exporter, account } = spool.way<ResourceMetrics>({
    signal: 'metrics',
    serialize: (metrics) => ProtobufMetricsSerializer.serializeRequest(metrics),
    count: countMetrics,
    divide: eachMetric,
  });
  return {
    export: (metrics, done) => {
      account.ended += countMetrics(metrics);
      exporter.export(metrics, done);
    },
    // A flush of the worker waits for the spool as a whole, by its own deadline.
    forceFlush: () => Promise.resolve(),
    shutdown: () => exporter.shutdown(),
    selectAggregationTemporality: readTemporality(env),
    selectAggregation: readAggregation(env),
  };
}

function countMetrics({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics.reduce((sum, { metrics }) => sum + metrics.length, 0);
}

function consoleExporter(lines: Lines): PushMetricExporter {
  return {
    export: ({ resource, scopeMetrics }, done) => {
      const service = resource.attributes['service.name'];
      for (const { scope, metrics } of scopeMetrics) {
        for (const { descriptor, dataPointType, dataPoints } of metrics) {
          const points = dataPoints.map(({ attributes, value }) => ({ attributes, value }));
          const { name, unit } = descriptor;
          lines.add({ service, scope: scope.name, metric: name, unit, type: DataPointType[dataPointType], points });
        }
      }
      done({ code: ExportResultCode.SUCCESS });
    },
    forceFlush: lines.flushed,
    shutdown: lines.flushed,
  };
}
