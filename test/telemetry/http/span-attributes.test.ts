import { type Attributes, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type SpanLimits,
} from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { giveAttributes } from '../../../src/telemetry/http/span-attributes.js';

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
