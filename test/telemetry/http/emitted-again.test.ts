import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  ParentBasedSampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { markOwnProvider } from '../../../src/telemetry/http/own-provider.js';
import { ServerSpans } from '../../../src/telemetry/http/server-spans.js';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({
  sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
markOwnProvider(provider, { counted: false });
provider.register();
new ServerSpans().setTracerProvider(provider);
const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');

const SAMPLED = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const DROPPED = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;

test.beforeEach(() => exporter.reset());

/** An app that rewrites a request hands it to its server once more: with the same response. */
async function rewritten(second: string): Promise<readonly unknown[]> {
  const server = http.createServer((request, response) => {
    if (request.url === '/new') return response.end('x');
    request.url = '/new';
    request.headers.traceparent = second;
    request.rawHeaders = ['host', 'x', 'traceparent', second];
    return server.emit('request', request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const [answer] = await once(
    http.get({ port, host: '127.0.0.1', path: '/old', agent: false, headers: { traceparent: SAMPLED } }),
    'response',
  );
  await once(answer.resume(), 'end');
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return exporter
    .getFinishedSpans()
    .filter(({ kind }) => kind === 1)
    .map(({ attributes }) => [attributes['url.path'], attributes['http.response.status_code']])
    .toSorted();
}

test.serial(
  'a request that an app hands to its server once more has a span for each time, as with upstream',
  async (t) => {
    t.deepEqual(await rewritten(SAMPLED), [
      ['/new', 200],
      ['/old', 200],
    ]);
  },
);

test.serial('where the second is not sampled the span of the first still ends', async (t) => {
  t.deepEqual(await rewritten(DROPPED), [['/old', 200]]);
});
