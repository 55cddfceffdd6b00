import { type HrTime, isSpanContextValid } from '@opentelemetry/api';
import { hrTimeToMicroseconds } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { ExporterName } from '../../otel-env/export-settings.js';
import { type Env, read } from '../../otel-env/read-variable.js';
import { readBatch } from '../batch-settings.js';
import type { Spool } from '../outbox/index.js';
import type { Lines } from './lines.js';
import { SpoolLogProcessor } from './log-processor.js';
import { serializeLogs } from './serialize-logs.js';

interface LogParts {
  readonly names: readonly ExporterName[];
  readonly env: Env;
  readonly resource: Resource;
  /** There when `names` holds `otlp`. */
  readonly spool: Spool | undefined;
  readonly lines: Lines;
  readonly meterProvider: MeterProvider | undefined;
}

/** A worker's logs. */
export interface Logging {
  readonly provider: LoggerProvider;
  /** Records that wait in the batch processor, and how many can. */
  readonly queue: (() => { readonly size: number; readonly capacity: number }) | undefined;
}

/** One LoggerProvider with a processor for each exporter. Throws OTEL_INVALID. */
export function openLogs({ names, env, resource, spool, lines, meterProvider }: LogParts): Logging {
  const batch = readBatch(env, 'OTEL_BLRP');
  let spooled: SpoolLogProcessor | undefined;
  const processors = names.map((name): LogRecordProcessor => {
    if (name === 'console' || !spool) return consoleProcessor(lines);
    spooled = new SpoolLogProcessor(
      spool.way<ReadableLogRecord[]>({
        signal: 'logs',
        serialize: serializeLogs,
        count: (records) => records.length,
        divide: (records) => records.map((record) => [record]),
      }),
      batch,
    );
    return spooled;
  });
  const logRecordLimits = limitsOf(env);
  const provider = new LoggerProvider({
    resource,
    processors,
    logRecordLimits,
    ...(meterProvider && { meterProvider }),
  });
  const own = spooled;
  return { provider, queue: own && (() => ({ size: own.queued, capacity: batch.maxQueueSize })) };
}

/** OTEL_LOGRECORD_ATTRIBUTE_*, else OTEL_ATTRIBUTE_*. */
function limitsOf(env: Env) {
  return {
    attributeCountLimit: read(env, 'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT') ?? read(env, 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit:
      read(env, 'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      read(env, 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      Number.POSITIVE_INFINITY,
  };
}

function consoleProcessor(lines: Lines): LogRecordProcessor {
  return {
    onEmit: (record) => lines.add(render(record)),
    forceFlush: lines.flushed,
    shutdown: lines.flushed,
  };
}

function render(record: ReadableLogRecord): Record<string, unknown> {
  const context = record.spanContext && isSpanContextValid(record.spanContext) ? record.spanContext : undefined;
  return {
    service: record.resource.attributes['service.name'],
    scope: record.instrumentationScope.name,
    time: iso(record.hrTime),
    severity: record.severityText,
    severityNumber: record.severityNumber,
    body: record.body,
    ...(context && { traceId: context.traceId, spanId: context.spanId }),
    eventName: record.eventName,
    attributes: record.attributes,
  };
}

const iso = (time: HrTime) => new Date(hrTimeToMicroseconds(time) / 1000).toISOString();
