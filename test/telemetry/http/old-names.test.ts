import { type Attributes, SpanKind } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { oldNames } from '../../../src/telemetry/http/old-names.js';

const DUP = { OTEL_SEMCONV_STABILITY_OPT_IN: 'database,http/dup' };

/** The attributes that a span of the SDK has at its end. */
function ended(kind: SpanKind, attributes: Attributes): Attributes {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [oldNames(DUP)!, new SimpleSpanProcessor(exporter)] });
  provider.getTracer('t').startSpan('s', { kind, attributes }).end();
  return exporter.getFinishedSpans()[0]!.attributes;
}

test('old names are only given with http/dup, in any case', (t) => {
  t.is(oldNames({}), undefined);
  t.is(oldNames({ OTEL_SEMCONV_STABILITY_OPT_IN: 'http' }), undefined);
  t.not(oldNames(DUP), undefined);
});

test('a server span has both names, its target with one question mark, and where it was asked as net.host', (t) => {
  const stable = {
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.path': '/a',
    'url.scheme': 'http',
    'user_agent.original': 'curl',
    'client.address': '10.0.0.1',
    'network.protocol.version': '1.1',
    'network.peer.address': '10.0.0.2',
    'network.peer.port': 5,
    'server.address': 'shop',
    'server.port': 80,
  };
  const old = {
    'http.method': 'GET',
    'http.status_code': 200,
    'http.scheme': 'http',
    'http.user_agent': 'curl',
    'http.client_ip': '10.0.0.1',
    'http.flavor': '1.1',
    'net.sock.peer.addr': '10.0.0.2',
    'net.sock.peer.port': 5,
    'net.host.name': 'shop',
    'net.host.port': 80,
  };
  t.deepEqual(ended(SpanKind.SERVER, stable), { ...stable, ...old, 'http.target': '/a' });
  for (const query of ['b=1', '?b=1'])
    t.is(ended(SpanKind.SERVER, { ...stable, 'url.query': query })['http.target'], '/a?b=1', query);
});

test('a client span names its peer, and has no name whose value is not known', (t) => {
  const stable = { 'http.request.method': 'GET', 'url.full': 'http://shop/a', 'server.address': 'shop' };
  const old = { 'http.method': 'GET', 'http.url': 'http://shop/a', 'net.peer.name': 'shop' };
  t.deepEqual(ended(SpanKind.CLIENT, stable), { ...stable, ...old });
});

test('spans of other kinds, and those that are not of HTTP, stay as they are', (t) => {
  const attributes = { 'http.request.method': 'GET', 'server.address': 'shop' };
  t.deepEqual(ended(SpanKind.INTERNAL, attributes), attributes);
  t.deepEqual(ended(SpanKind.CLIENT, { 'server.address': 'shop' }), { 'server.address': 'shop' });
});
