import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { Http2Instrumentation } from '../../src/telemetry/http/http2.js';
import { makeCertificates } from '../helpers/secure-sink.js';

const require = createRequire(import.meta.url);
const http2 = require('node:http2') as typeof import('node:http2');
const https = require('node:https') as typeof import('node:https');
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register({
  contextManager: new AsyncLocalStorageContextManager(),
  propagator: new W3CTraceContextPropagator(),
});
const instrumentation = new Http2Instrumentation({ excludeUrls: ['^/health'], requestAttributes: ['X-Tenant'] });
instrumentation.setTracerProvider(provider);
for (const definition of instrumentation.getModuleDefinitions()) definition.patch?.(http2);
const pem = makeCertificates();

async function fetchAll(origin: string, paths: readonly string[], headers = {}): Promise<string[]> {
  const session = http2.connect(origin, { ca: readFileSync(pem('ca')) });
  try {
    return await Promise.all(
      paths.map(async (path) => {
        const stream = session.request({ ':path': path, 'user-agent': 'test', ...headers });
        let body = '';
        for await (const chunk of stream) body += chunk;
        return body;
      }),
    );
  } finally {
    session.close();
    await once(session, 'close');
  }
}

test.serial('SERVER and CLIENT spans of one trace, by the compatibility API and by streams', async (t) => {
  exporter.reset();
  const server = http2.createServer((_request, response) => {
    response.statusCode = 503;
    response.end('late');
  });
  const streams = http2.createServer();
  streams.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('ok');
  });
  for (const one of [server, streams]) {
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
    t.teardown(() => one.close());
  }
  const port = (server.address() as AddressInfo).port;
  const paths = ['/a?sig=s3cret&b=1', '/health'];
  t.deepEqual(await fetchAll(`http://127.0.0.1:${port}`, paths, { 'x-tenant': 'acme' }), ['late', 'late']);
  const spans = exporter.getFinishedSpans();
  const ofServer = spans.filter(({ kind }) => kind === SpanKind.SERVER);
  t.is(ofServer.length, 1, 'an excluded path has none');
  const [span] = ofServer;
  t.like(span!.attributes, {
    'http.request.method': 'GET',
    'url.path': '/a',
    'url.query': 'sig=REDACTED&b=1',
    'url.scheme': 'http',
    'http.response.status_code': 503,
    'error.type': '503',
    'network.protocol.version': '2',
    'server.address': '127.0.0.1',
    'server.port': port,
    'user_agent.original': 'test',
  });
  t.deepEqual(span!.attributes['http.request.header.x-tenant'], ['acme']);
  t.is(span!.status.code, SpanStatusCode.ERROR);
  const client = spans.find(({ kind, attributes }) => kind === SpanKind.CLIENT && attributes['error.type'] === '503');
  t.is(span!.spanContext().traceId, client!.spanContext().traceId);
  t.is(span!.parentSpanContext?.spanId, client!.spanContext().spanId);
  t.is(client!.attributes['url.full'], `http://127.0.0.1:${port}/a?sig=REDACTED&b=1`);
  exporter.reset();
  t.deepEqual(await fetchAll(`http://127.0.0.1:${(streams.address() as AddressInfo).port}`, ['/b']), ['ok']);
  t.is(exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER).length, 1);
});

test.serial('a server that takes HTTP/1 too has one SERVER span a request of either', async (t) => {
  exporter.reset();
  const tls = { key: readFileSync(pem('server-key')), cert: readFileSync(pem('server')), allowHTTP1: true };
  const server = http2.createSecureServer(tls, (_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  t.deepEqual(await fetchAll(`https://127.0.0.1:${port}`, ['/two']), ['ok']);
  await new Promise<void>((resolve, reject) => {
    const request = https.get({ port, host: '127.0.0.1', path: '/one', ca: readFileSync(pem('ca')), agent: false });
    request.on('error', reject);
    request.on('response', (response) => response.resume().on('close', resolve));
  });
  const spans = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
  t.deepEqual(
    spans.map(({ attributes }) => [
      attributes['url.path'],
      attributes['network.protocol.version'],
      attributes['url.scheme'],
    ]),
    [
      ['/two', '2', 'https'],
      ['/one', '1.1', 'https'],
    ],
  );
});

test.serial('gRPC is left to its own instrumentation; a request that is cut has an error', async (t) => {
  exporter.reset();
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers[':path'] === '/cut') stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    else stream.respond({ ':status': 200 }, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetchAll(origin, ['/call'], { 'content-type': 'application/grpc' });
  t.is(exporter.getFinishedSpans().length, 0);
  await t.throwsAsync(fetchAll(origin, ['/cut']));
  const kinds = exporter.getFinishedSpans().map(({ kind, attributes }) => [kind, attributes['error.type']]);
  t.deepEqual(kinds.toSorted(), [
    [SpanKind.SERVER, 'HTTP/2 error 2'],
    [SpanKind.CLIENT, 'HTTP/2 error 2'],
  ]);
});
