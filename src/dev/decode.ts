import { readAttributes } from './attributes.js';
import { decodeSpans } from './decode-spans.js';
import { type Resource, type Scope, SPAN_KINDS, type SpanRecord, STATUS_CODES } from './model.js';
import { type MessageName, messageType } from './otlp-schema.js';
import {
  HeavyRequest,
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
import { isHeavyJson, isHeavyProtobuf } from './weigh.js';

export type Encoding = 'protobuf' | 'json';

/** What each OTLP signal is called in its path and service. */
export const SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof SIGNALS)[number];

/** The spans of an ExportTraceServiceRequest. Throws MalformedRequest. */
export function decodeTraces(body: Uint8Array, encoding: Encoding): SpanRecord[] {
  if (encoding === 'protobuf') return decodeSpans(body, MAX_DECODED_BYTES - body.length);
  const names = ['resourceSpans', 'scopeSpans', 'spans'] as const;
  return readItems(decodeMessage('ExportTraceServiceRequest', body, encoding), names, readSpan);
}

type Message = Readonly<Record<string, unknown>>;

/** The items of any request: resource groups hold scope groups, and these the items. */
export function readItems<T>(
  request: Message,
  [groups, scopes, items]: readonly [groups: string, scopes: string, items: string],
  read: (item: Message, resource: Resource, scope: Scope) => T,
): T[] {
  return readList(request[groups], groups).flatMap((entry) => {
    const group = readMessage(entry, groups);
    const resource = readResource(group);
    return readList(group[scopes], scopes).flatMap((inner) => {
      const scoped = readMessage(inner, scopes);
      const scope = readScope(scoped);
      return readList(scoped[items], items).map((item) => read(readMessage(item, items), resource, scope));
    });
  });
}

/** Bytes of one decoded request: some 400,000 messages within each other. */
const MAX_DECODED_BYTES = 128 * 1024 * 1024;

/** A request as plain fields. Throws MalformedRequest, and HeavyRequest before it is decoded. */
export function decodeMessage(name: MessageName, body: Uint8Array, encoding: Encoding): Message {
  const type = messageType(name);
  const heavy =
    encoding === 'json' ? isHeavyJson(body, MAX_DECODED_BYTES) : isHeavyProtobuf(type, body, MAX_DECODED_BYTES);
  if (heavy) throw new HeavyRequest(`the request takes more than ${MAX_DECODED_BYTES} bytes when decoded`);
  try {
    if (encoding === 'json') return readMessage(JSON.parse(Buffer.from(body).toString('utf8')), 'the request');
    return type.decode(body) as unknown as Message;
  } catch (cause) {
    if (cause instanceof MalformedRequest) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MalformedRequest(`not a valid ${name} in ${encoding}: ${why}`, { cause });
  }
}

function readResource(group: Message): Resource {
  const resource = readMessage(group.resource, 'resource');
  return {
    attributes: readAttributes(resource.attributes, 'resource.attributes'),
    droppedAttributes: readCount(resource.droppedAttributesCount, 'resource.droppedAttributesCount'),
    schemaUrl: readText(group.schemaUrl, 'schemaUrl'),
  };
}

function readScope(scoped: Message): Scope {
  const scope = readMessage(scoped.scope, 'scope');
  return {
    name: readText(scope.name, 'scope.name'),
    version: readText(scope.version, 'scope.version'),
    attributes: readAttributes(scope.attributes, 'scope.attributes'),
    droppedAttributes: readCount(scope.droppedAttributesCount, 'scope.droppedAttributesCount'),
    schemaUrl: readText(scoped.schemaUrl, 'schemaUrl'),
  };
}

function readSpan(span: Message, resource: Resource, scope: Scope): SpanRecord {
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
