import { type Attributes, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type SpanLimits,
} from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { addNumber, giveAttributes } from '../../../src/telemetry/http/span-attributes.js';

const FIRST: Attributes = { 'http.request.method': 'GET', 'url.path': '/a/long/path', 'server.port': 80 };

/** What a span has at its end that is given these at its start, and so many of an app afterwards. */
function ended(spanLimits: SpanLimits, later: number, give: typeof giveAttributes | undefined) {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanLimits, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const span = provider.getTracer('t').startSpan('GET');
  if (give) give(span, { ...FIRST });
  else span.setAttributes(FIRST);
  span.setAttribute('url.path', '/another');
  for (let i = 0; i < later; i++) span.setAttribute(`of the app ${i}`, i);
  span.end();
  const [{ attributes, droppedAttributesCount } = { attributes: {}, droppedAttributesCount: -1 }] =
    exporter.getFinishedSpans();
  return { attributes, order: Object.keys(attributes), droppedAttributesCount };
}

const LIMITS: Readonly<Record<string, SpanLimits>> = {
  'none but the default': {},
  'a count': { attributeCountLimit: 2 },
  'a large count': { attributeCountLimit: 64 },
  'a length': { attributeValueLengthLimit: 4 },
  'no length': { attributeValueLengthLimit: 0 },
};

for (const [name, limits] of Object.entries(LIMITS)) {
  test(`attributes given all at once are as if set one by one, limits: ${name}`, (t) => {
    t.deepEqual(ended(limits, 0, giveAttributes), ended(limits, 0, undefined));
    t.deepEqual(ended(limits, 200, giveAttributes), ended(limits, 200, undefined));
  });
}

test('a span that is not recorded takes none', (t) => {
  const span = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 });
  giveAttributes(span, FIRST);
  t.false('attributes' in span);
});

test('the SDK keeps attributes where they are given: a new version that does not is slower, and seen here', (t) => {
  const span = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())] })
    .getTracer('t')
    .startSpan('GET');
  const given = { ...FIRST };
  giveAttributes(span, given);
  t.true('attributes' in span && span.attributes === given);
});

/** What a span has that an app has given these, and then the number, by one of the two ways. */
function numbered(spanLimits: SpanLimits, before: Attributes, value: number, add: typeof addNumber | undefined) {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanLimits, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const span = provider.getTracer('t').startSpan('GET');
  span.setAttributes(before);
  if (add) add(span, 'http.response.status_code', value);
  else span.setAttribute('http.response.status_code', value);
  span.setAttribute('later', 1);
  span.end();
  const [{ attributes, droppedAttributesCount } = { attributes: {}, droppedAttributesCount: -1 }] =
    exporter.getFinishedSpans();
  return { attributes, order: Object.keys(attributes), droppedAttributesCount };
}

for (const [name, limits] of Object.entries(LIMITS)) {
  test(`a number that is added is as if it were set, limits: ${name}`, (t) => {
    for (const before of [{}, FIRST, { 'http.response.status_code': 'of the app', a: 1 }]) {
      t.deepEqual(numbered(limits, before, 404, addNumber), numbered(limits, before, 404, undefined));
    }
  });
}

test('a status that an app has made something else than a number is as if it were set', (t) => {
  const given: { statusCode: number } = JSON.parse('{ "statusCode": "404" }');
  t.deepEqual(numbered({}, FIRST, given.statusCode, addNumber), numbered({}, FIRST, given.statusCode, undefined));
  const nothing: { statusCode: number } = JSON.parse('{}');
  t.deepEqual(numbered({}, {}, nothing.statusCode, addNumber), numbered({}, {}, nothing.statusCode, undefined));
});

test('no number is added to a span that has ended, or that is not recorded', (t) => {
  const span = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())] })
    .getTracer('t')
    .startSpan('GET');
  span.end();
  addNumber(span, 'late', 1);
  t.true('attributes' in span);
  if ('attributes' in span) t.deepEqual(span.attributes, {});
  const unsampled = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 });
  addNumber(unsampled, 'late', 1);
  t.false('attributes' in unsampled);
});
