import { readAttributes } from './attributes.js';
import { type Resource, type Scope, SPAN_KINDS, type SpanRecord, STATUS_CODES } from './model.js';
import {
  MalformedRequest,
  readBigInt,
  readCount,
  readEnum,
  readId,
  readList,
  readMessage,
  readText,
  requireId,
} from './scalars.js';
import { type MessageName, messageType } from './schema.js';

export type Encoding = 'protobuf' | 'json';

/** What each OTLP signal is called in its path and service. */
export const SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof SIGNALS)[number];

/** The spans of an ExportTraceServiceRequest. Throws MalformedRequest. */
export function decodeTraces(body: Uint8Array, encoding: Encoding): SpanRecord[] {
  const request = decodeMessage('ExportTraceServiceRequest', body, encoding);
  return readList(request.resourceSpans, 'resourceSpans').flatMap((entry) => {
    const group = readMessage(entry, 'resourceSpans');
    const resource = readResource(group);
    return readList(group.scopeSpans, 'scopeSpans').flatMap((inner) => {
      const scoped = readMessage(inner, 'scopeSpans');
      const scope = readScope(scoped);
      return readList(scoped.spans, 'spans').map((span) => readSpan(readMessage(span, 'spans'), resource, scope));
    });
  });
}

/** How many metrics or log records a request holds. Throws MalformedRequest. */
export function countItems(signal: 'metrics' | 'logs', body: Uint8Array, encoding: Encoding): number {
  const [name, groups, scopes, items] =
    signal === 'metrics'
      ? (['ExportMetricsServiceRequest', 'resourceMetrics', 'scopeMetrics', 'metrics'] as const)
      : (['ExportLogsServiceRequest', 'resourceLogs', 'scopeLogs', 'logRecords'] as const);
  const request = decodeMessage(name, body, encoding);
  return readList(request[groups], groups)
    .flatMap((group) => readList(readMessage(group, groups)[scopes], scopes))
    .reduce((sum: number, scope) => sum + readList(readMessage(scope, scopes)[items], items).length, 0);
}

function decodeMessage(name: MessageName, body: Uint8Array, encoding: Encoding): Readonly<Record<string, unknown>> {
  try {
    if (encoding === 'json') return readMessage(JSON.parse(Buffer.from(body).toString('utf8')), 'the request');
    return messageType(name).decode(body) as unknown as Readonly<Record<string, unknown>>;
  } catch (cause) {
    if (cause instanceof MalformedRequest) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MalformedRequest(`not a valid ${name} in ${encoding}: ${why}`, { cause });
  }
}

function readResource(group: Readonly<Record<string, unknown>>): Resource {
  const resource = readMessage(group.resource, 'resource');
  return {
    attributes: readAttributes(resource.attributes, 'resource.attributes'),
    droppedAttributes: readCount(resource.droppedAttributesCount, 'resource.droppedAttributesCount'),
    schemaUrl: readText(group.schemaUrl, 'schemaUrl'),
  };
}

function readScope(scoped: Readonly<Record<string, unknown>>): Scope {
  const scope = readMessage(scoped.scope, 'scope');
  return {
    name: readText(scope.name, 'scope.name'),
    version: readText(scope.version, 'scope.version'),
    attributes: readAttributes(scope.attributes, 'scope.attributes'),
    droppedAttributes: readCount(scope.droppedAttributesCount, 'scope.droppedAttributesCount'),
    schemaUrl: readText(scoped.schemaUrl, 'schemaUrl'),
  };
}

function readSpan(span: Readonly<Record<string, unknown>>, resource: Resource, scope: Scope): SpanRecord {
  const status = readMessage(span.status, 'status');
  return {
    traceId: requireId(span.traceId, 16, 'traceId'),
    spanId: requireId(span.spanId, 8, 'spanId'),
    parentSpanId: readId(span.parentSpanId, 8, 'parentSpanId') || undefined,
    traceState: readText(span.traceState, 'traceState'),
    flags: readCount(span.flags, 'flags'),
    name: readText(span.name, 'name'),
    kind: readEnum(span.kind, SPAN_KINDS, 'SPAN_KIND_'),
    startNs: readBigInt(span.startTimeUnixNano, 'startTimeUnixNano'),
    endNs: readBigInt(span.endTimeUnixNano, 'endTimeUnixNano'),
    attributes: readAttributes(span.attributes, 'attributes'),
    events: readList(span.events, 'events').map(readEvent),
    links: readList(span.links, 'links').map(readLink),
    status: {
      code: readEnum(status.code, STATUS_CODES, 'STATUS_CODE_'),
      message: readText(status.message, 'status.message'),
    },
    droppedAttributes: readCount(span.droppedAttributesCount, 'droppedAttributesCount'),
    droppedEvents: readCount(span.droppedEventsCount, 'droppedEventsCount'),
    droppedLinks: readCount(span.droppedLinksCount, 'droppedLinksCount'),
    resource,
    scope,
  };
}

function readEvent(value: unknown): SpanRecord['events'][number] {
  const event = readMessage(value, 'events');
  return {
    name: readText(event.name, 'events.name'),
    timeNs: readBigInt(event.timeUnixNano, 'events.timeUnixNano'),
    attributes: readAttributes(event.attributes, 'events.attributes'),
    droppedAttributes: readCount(event.droppedAttributesCount, 'events.droppedAttributesCount'),
  };
}

function readLink(value: unknown): SpanRecord['links'][number] {
  const link = readMessage(value, 'links');
  return {
    traceId: readId(link.traceId, 16, 'links.traceId'),
    spanId: readId(link.spanId, 8, 'links.spanId'),
    traceState: readText(link.traceState, 'links.traceState'),
    flags: readCount(link.flags, 'links.flags'),
    attributes: readAttributes(link.attributes, 'links.attributes'),
    droppedAttributes: readCount(link.droppedAttributesCount, 'links.droppedAttributesCount'),
  };
}
