import { SPAN_KINDS, STATUS_CODES } from '../model.js';
import type { Attribute } from '../page-api.js';
import type { LogSegment } from '../store/log-segment.js';
import type { Origin } from '../store/origin.js';
import type { SpanSegment } from '../store/span-segment.js';
import type { TelemetryStore } from '../store/telemetry-store.js';

/**
 * A session as the file exporter of OpenTelemetry writes it: one OTLP request in JSON a line. A time is exact to a
 * microsecond; what the store has cut is cut here too.
 */
export function* otlpLines(store: TelemetryStore): Generator<string> {
  for (const segment of store.spanSegments()) {
    for (const [origin, rows] of byOrigin(segment)) {
      yield line({ resourceSpans: [{ resource: resourceOf(origin), scopeSpans: scopesOf(segment, rows) }] });
    }
  }
  for (const segment of store.logSegments()) {
    for (const [origin, rows] of byOrigin(segment)) {
      const logRecords = rows.map((row) => logOf(segment, row));
      yield line({ resourceLogs: [{ resource: resourceOf(origin), scopeLogs: [{ logRecords }] }] });
    }
  }
}

function line(request: object): string {
  return `${JSON.stringify(request)}\n`;
}

function byOrigin(segment: SpanSegment | LogSegment): Map<Origin, number[]> {
  const rows = new Map<Origin, number[]>();
  for (let row = 0; row < segment.size; row++) {
    const origin = segment.originOf(row);
    const known = rows.get(origin);
    if (known === undefined) rows.set(origin, [row]);
    else known.push(row);
  }
  return rows;
}

function resourceOf({ attributes }: Origin): object {
  return { attributes: attributes.map(keyValue) };
}

function scopesOf(segment: SpanSegment, rows: readonly number[]): object[] {
  const spans = new Map<string, object[]>();
  for (const row of rows) {
    const name = segment.scopes[segment.scope[row] ?? 0] ?? '';
    const known = spans.get(name) ?? [];
    spans.set(name, known);
    known.push(spanOf(segment, row));
  }
  return [...spans].map(([name, list]) => ({ scope: { name }, spans: list }));
}

function spanOf(segment: SpanSegment, row: number): object {
  const { events = [], links = [], message } = segment.rare(row);
  const start = nanos(segment.start[row] ?? 0);
  return {
    traceId: segment.traceId(row),
    spanId: segment.spanId(row),
    ...(segment.hasParent(row) && { parentSpanId: segment.parentId(row) }),
    name: segment.texts.text(segment.name[row] ?? 0),
    kind: segment.kind[row] ?? SPAN_KINDS.indexOf('unspecified'),
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + BigInt(Math.round((segment.duration[row] ?? 0) * 1e6))),
    attributes: segment.attributes.read(row).map(keyValue),
    ...(events.length > 0 && {
      events: events.map(({ at, name, attributes }) => ({
        timeUnixNano: String(nanos(at)),
        name,
        attributes: attributes.map(keyValue),
      })),
    }),
    ...(links.length > 0 && { links }),
    status: { code: segment.status[row] ?? STATUS_CODES.indexOf('unset'), ...(message !== undefined && { message }) },
  };
}

function logOf(segment: LogSegment, row: number): object {
  const [traceId, spanId] = [segment.traceId(row), segment.spanId(row)];
  return {
    timeUnixNano: String(nanos(segment.at[row] ?? 0)),
    severityNumber: segment.severity[row] ?? 0,
    severityText: segment.texts.text(segment.severityText[row] ?? 0),
    body: { stringValue: segment.texts.text(segment.body[row] ?? 0) },
    attributes: segment.attributes.read(row).map(keyValue),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  };
}

/** Milliseconds as nanoseconds, by whole microseconds: a number has no more. */
function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1_000)) * 1_000n;
}

function keyValue([key, value, type]: Attribute): object {
  return { key, value: anyValue(value, type) };
}

function anyValue(value: string, type: Attribute[2]): object {
  switch (type) {
    case 'number':
      return /^-?\d+$/.test(value) ? { intValue: value } : { doubleValue: value };
    case 'boolean':
      return { boolValue: value === 'true' };
    case 'bytes':
      return { bytesValue: value };
    case 'array':
    case 'map':
      return parsed(value);
    case 'string':
      return { stringValue: value };
  }
}

/** One that was cut is no JSON any more: it stays a text. */
function parsed(text: string): object {
  try {
    return plainValue(JSON.parse(text));
  } catch {
    return { stringValue: text };
  }
}

function plainValue(value: unknown): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(plainValue) } };
  if (typeof value === 'object' && value !== null) {
    const values = Object.entries(value).map(([key, one]) => ({ key, value: plainValue(one) }));
    return { kvlistValue: { values } };
  }
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return value === null ? {} : { stringValue: String(value) };
}
