import { readWireAttribute } from './decode-values.js';
import { type AttributeValue, type Resource, type Scope, SPAN_KINDS, type SpanRecord, STATUS_CODES } from './model.js';
import { MalformedRequest } from './scalars.js';
import { WireReader } from './wire-reader.js';

// A field's number times 8, and its wire type: 0 a varint, 1 eight bytes, 2 a length, 5 four bytes.
const REQUEST = { resourceSpans: 0x0a } as const;
const GROUP = { resource: 0x0a, scopeSpans: 0x12, schemaUrl: 0x1a } as const;
const RESOURCE = { attributes: 0x0a, dropped: 0x10 } as const;
const SCOPED = { scope: 0x0a, spans: 0x12, schemaUrl: 0x1a } as const;
const SCOPE = { name: 0x0a, version: 0x12, attributes: 0x1a, dropped: 0x20 } as const;
const SPAN = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  start: 0x39,
  end: 0x41,
  attributes: 0x4a,
  droppedAttributes: 0x50,
  events: 0x5a,
  droppedEvents: 0x60,
  links: 0x6a,
  droppedLinks: 0x70,
  status: 0x7a,
  flags: 0x85,
} as const;
const EVENT = { time: 0x09, name: 0x12, attributes: 0x1a, dropped: 0x20 } as const;
const LINK = { traceId: 0x0a, spanId: 0x12, traceState: 0x1a, attributes: 0x22, dropped: 0x28, flags: 0x35 } as const;
const STATUS = { message: 0x12, code: 0x18 } as const;

const UNSET: SpanRecord['status'] = { code: 'unset', message: '' };

/**
 * The spans of an ExportTraceServiceRequest in protobuf: what nearly all senders send, read without a message of the schema
 * between. Throws MalformedRequest, and HeavyRequest for one that would take more than `mostBytes` of memory.
 */
export function decodeSpans(body: Uint8Array, mostBytes: number): SpanRecord[] {
  const reader = new WireReader(body, mostBytes);
  const spans: SpanRecord[] = [];
  for (let tag = reader.tag(body.length); tag !== 0; tag = reader.tag(body.length)) {
    if (tag === REQUEST.resourceSpans) readGroup(reader, reader.message(), spans);
    else reader.skip(tag);
  }
  return spans;
}

/** Fields come in any order: what spans share is read before them. */
function readGroup(reader: WireReader, end: number, spans: SpanRecord[]): void {
  const begin = reader.at;
  let resource: Omit<Resource, 'schemaUrl'> = { attributes: {}, droppedAttributes: 0 };
  let schemaUrl = '';
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === GROUP.resource) resource = readResource(reader, reader.message());
    else if (tag === GROUP.schemaUrl) schemaUrl = reader.text();
    else reader.skip(tag);
  }
  reader.back(begin);
  const whole = { ...resource, schemaUrl };
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === GROUP.scopeSpans) readScoped(reader, reader.message(), whole, spans);
    else reader.skip(tag);
  }
}

function readScoped(reader: WireReader, end: number, resource: Resource, spans: SpanRecord[]): void {
  const begin = reader.at;
  let scope: Omit<Scope, 'schemaUrl'> = { name: '', version: '', attributes: {}, droppedAttributes: 0 };
  let schemaUrl = '';
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === SCOPED.scope) scope = readScope(reader, reader.message());
    else if (tag === SCOPED.schemaUrl) schemaUrl = reader.text();
    else reader.skip(tag);
  }
  reader.back(begin);
  const whole = { ...scope, schemaUrl };
  let traceId: string | undefined;
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag !== SCOPED.spans) {
      reader.skip(tag);
      continue;
    }
    const span = readSpan(reader, reader.message(), { resource, scope: whole, traceId });
    spans.push(span);
    traceId = span.traceId;
  }
}

function readResource(reader: WireReader, end: number): Omit<Resource, 'schemaUrl'> {
  const attributes: Fields = {};
  let droppedAttributes = 0;
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === RESOURCE.attributes) readWireAttribute(reader, attributes);
    else if (tag === RESOURCE.dropped) droppedAttributes = reader.uint32();
    else reader.skip(tag);
  }
  return { attributes, droppedAttributes };
}

function readScope(reader: WireReader, end: number): Omit<Scope, 'schemaUrl'> {
  const attributes: Fields = {};
  let [name, version, droppedAttributes] = ['', '', 0];
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === SCOPE.name) name = reader.text();
    else if (tag === SCOPE.version) version = reader.text();
    else if (tag === SCOPE.attributes) readWireAttribute(reader, attributes);
    else if (tag === SCOPE.dropped) droppedAttributes = reader.uint32();
    else reader.skip(tag);
  }
  return { name, version, attributes, droppedAttributes };
}

interface Shared {
  readonly resource: Resource;
  readonly scope: Scope;
  /** Of the span before. */
  readonly traceId: string | undefined;
}

type Fields = Record<string, AttributeValue>;
type SpanEvent = SpanRecord['events'][number];
type SpanLink = SpanRecord['links'][number];
type Draft = { -readonly [K in keyof SpanRecord]: SpanRecord[K] } & {
  attributes: Fields;
  events: SpanEvent[];
  links: SpanLink[];
};

function readSpan(reader: WireReader, end: number, { resource, scope, traceId }: Shared): SpanRecord {
  const span: Draft = {
    traceId: '',
    spanId: '',
    parentSpanId: undefined,
    traceState: '',
    flags: 0,
    name: '',
    kind: 'unspecified',
    startNs: 0n,
    endNs: 0n,
    attributes: {},
    events: [],
    links: [],
    status: UNSET,
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    resource,
    scope,
  };
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === SPAN.traceId) span.traceId = reader.id(16, 'traceId', traceId);
    else readSpanField(reader, tag, span);
  }
  if (span.traceId !== traceId && /^0*$/.test(span.traceId)) throw new MalformedRequest('traceId is empty');
  if (/^0*$/.test(span.spanId)) throw new MalformedRequest('spanId is empty');
  return span;
}

function readSpanField(reader: WireReader, tag: number, span: Draft): void {
  switch (tag) {
    case SPAN.attributes:
      return readWireAttribute(reader, span.attributes);
    case SPAN.spanId:
      span.spanId = reader.id(8, 'spanId');
      return;
    case SPAN.parentSpanId:
      span.parentSpanId = reader.id(8, 'parentSpanId') || undefined;
      return;
    case SPAN.name:
      span.name = reader.text();
      return;
    case SPAN.kind:
      span.kind = SPAN_KINDS[reader.uint32()] ?? 'unspecified';
      return;
    case SPAN.start:
      span.startNs = reader.fixed64();
      return;
    case SPAN.end:
      span.endNs = reader.fixed64();
      return;
    case SPAN.status:
      span.status = readStatus(reader, reader.message());
      return;
    case SPAN.flags:
      span.flags = reader.fixed32();
      return;
    case SPAN.events:
      span.events.push(readEvent(reader, reader.message()));
      return;
    case SPAN.links:
      span.links.push(readLink(reader, reader.message()));
      return;
    case SPAN.traceState:
      span.traceState = reader.text();
      return;
    case SPAN.droppedAttributes:
      span.droppedAttributes = reader.uint32();
      return;
    case SPAN.droppedEvents:
      span.droppedEvents = reader.uint32();
      return;
    case SPAN.droppedLinks:
      span.droppedLinks = reader.uint32();
      return;
    default:
      reader.skip(tag);
  }
}

function readEvent(reader: WireReader, end: number): SpanEvent {
  const attributes: Fields = {};
  let [name, timeNs, droppedAttributes] = ['', 0n, 0];
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === EVENT.time) timeNs = reader.fixed64();
    else if (tag === EVENT.name) name = reader.text();
    else if (tag === EVENT.attributes) readWireAttribute(reader, attributes);
    else if (tag === EVENT.dropped) droppedAttributes = reader.uint32();
    else reader.skip(tag);
  }
  return { name, timeNs, attributes, droppedAttributes };
}

function readLink(reader: WireReader, end: number): SpanLink {
  const attributes: Fields = {};
  let [traceId, spanId, traceState, flags, droppedAttributes] = ['', '', '', 0, 0];
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === LINK.traceId) traceId = reader.id(16, 'links.traceId');
    else if (tag === LINK.spanId) spanId = reader.id(8, 'links.spanId');
    else if (tag === LINK.traceState) traceState = reader.text();
    else if (tag === LINK.attributes) readWireAttribute(reader, attributes);
    else if (tag === LINK.dropped) droppedAttributes = reader.uint32();
    else if (tag === LINK.flags) flags = reader.fixed32();
    else reader.skip(tag);
  }
  return { traceId, spanId, traceState, flags, attributes, droppedAttributes };
}

function readStatus(reader: WireReader, end: number): SpanRecord['status'] {
  let code: SpanRecord['status']['code'] = 'unset';
  let message = '';
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === STATUS.message) message = reader.text();
    else if (tag === STATUS.code) code = STATUS_CODES[reader.uint32()] ?? 'unset';
    else reader.skip(tag);
  }
  return { code, message };
}
