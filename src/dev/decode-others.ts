import { readAnyValue, readAttributes } from './attributes.js';
import { readBuckets } from './buckets.js';
import { decodeMessage, type Encoding, readItems } from './decode.js';
import {
  type LogEntry,
  type MetricEntry,
  type MetricPoint,
  type Resource,
  type Scope,
  TEMPORALITIES,
} from './model.js';
import { readBigInt, readCount, readDouble, readEnum, readId, readList, readMessage, readText } from './scalars.js';

type Message = Readonly<Record<string, unknown>>;

/** The records of an ExportLogsServiceRequest. Throws MalformedRequest. */
export function decodeLogs(body: Uint8Array, encoding: Encoding): LogEntry[] {
  const names = ['resourceLogs', 'scopeLogs', 'logRecords'] as const;
  return readItems(decodeMessage('ExportLogsServiceRequest', body, encoding), names, readLog);
}

/** The metrics of an ExportMetricsServiceRequest. Throws MalformedRequest. */
export function decodeMetrics(body: Uint8Array, encoding: Encoding): MetricEntry[] {
  const names = ['resourceMetrics', 'scopeMetrics', 'metrics'] as const;
  return readItems(decodeMessage('ExportMetricsServiceRequest', body, encoding), names, readMetric);
}

function readLog(record: Message, resource: Resource, scope: Scope): LogEntry {
  return {
    timeNs: readBigInt(record.timeUnixNano, 'timeUnixNano'),
    severity: readCount(record.severityNumber, 'severityNumber'),
    severityText: readText(record.severityText, 'severityText'),
    body: readAnyValue(record.body, 'body'),
    attributes: readAttributes(record.attributes, 'attributes'),
    traceId: readId(record.traceId, 16, 'traceId'),
    spanId: readId(record.spanId, 8, 'spanId'),
    flags: readCount(record.flags, 'flags'),
    eventName: readText(record.eventName, 'eventName'),
    resource,
    scope,
  };
}

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

function readMetric(metric: Message, resource: Resource, scope: Scope): MetricEntry {
  const kind = KINDS.find((name) => isSet(metric, name)) ?? 'gauge';
  const data = readMessage(metric[kind], kind);
  return {
    name: readText(metric.name, 'name'),
    unit: readText(metric.unit, 'unit'),
    description: readText(metric.description, 'description'),
    kind,
    temporality: readEnum(data.aggregationTemporality, TEMPORALITIES, 'AGGREGATION_TEMPORALITY_'),
    monotonic: data.isMonotonic === true,
    points: readList(data.dataPoints, 'dataPoints').map((point) => readPoint(point, kind)),
    resource,
    scope,
  };
}

function readPoint(value: unknown, kind: MetricEntry['kind']): MetricPoint {
  const point = readMessage(value, 'dataPoints');
  const buckets = readBuckets(point, kind);
  return {
    timeNs: readBigInt(point.timeUnixNano, 'timeUnixNano'),
    attributes: readAttributes(point.attributes, 'dataPoints.attributes'),
    ...(isSet(point, 'asInt') && { value: Number(readBigInt(point.asInt, 'asInt')) }),
    ...(isSet(point, 'asDouble') && { value: readDouble(point.asDouble, 'asDouble') }),
    ...(isSet(point, 'count') && { count: Number(readBigInt(point.count, 'count')) }),
    ...(isSet(point, 'sum') && { sum: readDouble(point.sum, 'sum') }),
    ...(buckets && { buckets }),
  };
}

/** protobufjs keeps defaults on the prototype: only an own field was on the wire. */
function isSet(message: Message, field: string): boolean {
  return Object.hasOwn(message, field) && message[field] !== null;
}
