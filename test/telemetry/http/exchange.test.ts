import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { RPCType } from '@opentelemetry/core';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { followToEnd, keepEnds } from '../../../src/telemetry/http/exchange.js';

keepEnds();
keepEnds(); // a second instrumentation does

/** The names of what was exported of one request, when its response has closed. */
async function spansOf(t: ExecutionContext, handle: (response: http.ServerResponse) => void) {
  const exporter = new InMemorySpanExporter();
  const tracer = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('t');
  const server = http.createServer();
  const ended = new Promise<void>((resolve) => {
    server.on('request', (request, response) => {
      const span = tracer.startSpan('GET');
      const metadata = { type: RPCType.HTTP, span };
      followToEnd({ request, response, scheme: 'http', span, metadata, duration: undefined });
      handle(response);
      response.once('close', () => setImmediate(resolve));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  http.get({ port, host: '127.0.0.1', agent: false }, (answer) => answer.resume()).on('error', () => undefined);
  await ended;
  return exporter.getFinishedSpans().map(({ status, events }) => [status.code, events.length]);
}

const ANSWERS: Readonly<Record<string, (response: http.ServerResponse) => void>> = {
  'that leaves all listeners': () => undefined,
  'that takes all listeners away': (response) => void response.removeAllListeners(),
  'that takes those of close away': (response) => void response.removeAllListeners('close'),
  'that does so twice': (response) => void response.removeAllListeners().removeAllListeners('close'),
  'that takes all away while somebody watches removals': (response) =>
    void response.on('removeListener', () => undefined).removeAllListeners(),
};

for (const [what, act] of Object.entries(ANSWERS)) {
  test(`the span of an app ${what} ends once`, async (t) => {
    const spans = await spansOf(t, (response) => {
      act(response);
      response.end('x');
    });
    t.deepEqual(spans, [[0, 0]]);
  });
}

test('an error is seen behind all listeners that were taken away, and is the end', async (t) => {
  const spans = await spansOf(t, (response) => {
    response.removeAllListeners();
    response.on('error', () => undefined).emit('error', new RangeError('of the app'));
    response.end();
  });
  t.deepEqual(spans, [[2, 1]]);
});

test('what an app adds is taken away as before, of a response without a span everything', (t) => {
  const response = new http.ServerResponse(new http.IncomingMessage(null as never));
  response.on('close', () => undefined).on('x', () => undefined);
  t.is(response.removeAllListeners('close'), response);
  t.deepEqual(response.eventNames(), ['x']);
  t.is(response.removeAllListeners(), response);
  t.deepEqual(response.eventNames(), []);
});
