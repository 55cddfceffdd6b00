import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { AlwaysOffSampler, NodeTracerProvider, ParentBasedSampler } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import { markOwnProvider } from '../../../src/telemetry/http/own-provider.js';
import { ServerSpans } from '../../../src/telemetry/http/server-spans.js';

setFlagsFromString('--allow-natives-syntax');
const haveSameShape = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

const TRACE = 'a'.repeat(32);
const SAMPLED = `traceparent: 00-${TRACE}-${'b'.repeat(16)}-01`;
const DROPPED = `traceparent: 00-${TRACE}-${'b'.repeat(16)}-00`;

test('what a sampled request leaves on Node’s objects makes no other shapes of them, which every request would pay for', async (t) => {
  const sampler = new ParentBasedSampler({ root: new AlwaysOffSampler() });
  const provider = new NodeTracerProvider({ sampler });
  markOwnProvider(provider, { counted: false });
  provider.register();
  new ServerSpans().setTracerProvider(provider);
  const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');

  const held: [IncomingMessage, ServerResponse][] = [];
  const server = http.createServer((...exchange) => held.push(exchange)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  for (const header of [DROPPED, SAMPLED]) {
    const client = net.connect(port, '127.0.0.1');
    t.teardown(() => client.destroy());
    client.write(`GET / HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`);
    await once(server, 'request');
  }
  t.teardown(() => server.close());

  const [[dropped, toDropped] = [], [sampled, toSampled] = []] = held;
  if (!dropped || !toDropped || !sampled || !toSampled) return t.fail('two requests were sent');
  t.true(toSampled.listenerCount('close') > toDropped.listenerCount('close'), 'one is followed, the other is not');
  t.true(haveSameShape(dropped, sampled), 'requests');
  t.true(haveSameShape(toDropped, toSampled), 'responses');
  t.true(haveSameShape(dropped.socket, sampled.socket), 'sockets');
});
