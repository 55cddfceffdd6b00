import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { OutgoingRequest, Transport } from '../../../src/telemetry/outbox/send/outcome.js';
import { connector, type TransportConfig } from '../../../src/telemetry/outbox/send/transport.js';
import { holdTimeout } from '../../helpers/held-timeout.js';
import { configFor, gate } from '../../helpers/spool.js';

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const REQUEST: OutgoingRequest = {
  ...{ signal: 'traces', encoding: 'protobuf', timeoutMs: 10_000 },
  chunks: [Buffer.from('ab'), Buffer.from('cd')],
};

/** A server that answers as the test says, a transport to it, and what came. */
async function collector(t: ExecutionContext, answer: RequestListener, more: Partial<TransportConfig> = {}) {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers, body: await buffer(request) });
    answer(request, response);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  const urls = { traces: `${base}/v1/traces`, logs: `${base}/v1/logs?tenant=1`, metrics: `${base}/v1/metrics` };
  const transport = connector(configFor(base, { protocol: 'http/protobuf', ...more, urls }))();
  t.teardown(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  const send = (change: Partial<OutgoingRequest> = {}) => transport.send({ ...REQUEST, ...change });
  return { seen, sockets, port, transport, send };
}

const ok: RequestListener = (_request, response) => void response.end();

test('a request has its path, its headers and its bytes, and says what they are', async (t) => {
  const { seen, send } = await collector(t, ok, { headers: { 'X-Key': 'k' } });
  t.deepEqual(await send(), { type: 'accepted', rejected: 0, message: '' });
  t.deepEqual(await send({ signal: 'logs', encoding: 'json' }), { type: 'accepted', rejected: 0, message: '' });
  const [traces, logs] = seen;
  t.like(traces, { url: '/v1/traces', body: Buffer.from('abcd') });
  t.like(traces!.headers, {
    'x-key': 'k',
    'content-type': 'application/x-protobuf',
    'content-length': '4',
    'user-agent': 'kf-cluster-test',
  });
  t.false('content-encoding' in traces!.headers);
  t.is(logs!.url, '/v1/logs?tenant=1');
  t.is(logs!.headers['content-type'], 'application/json', 'the encoding of the record, not of the configuration');
});

test('with gzip the body is packed as a whole, and its length is that of the packed one', async (t) => {
  const { seen, send } = await collector(t, ok, { compression: 'gzip' });
  const chunks = [Buffer.alloc(5_000, 'a'), Buffer.alloc(5_000, 'b')];
  t.is((await send({ chunks })).type, 'accepted');
  t.deepEqual(gunzipSync(seen[0]!.body), Buffer.concat(chunks));
  t.like(seen[0]!.headers, { 'content-encoding': 'gzip', 'content-length': String(seen[0]!.body.length) });
});

test('requests that follow each other share a connection, until it is closed', async (t) => {
  const { sockets, send, transport } = await collector(t, ok);
  await send();
  await send();
  t.is(sockets.size, 1);
  const [socket] = sockets;
  const closed = once(socket!, 'close');
  transport.close();
  await closed;
});

test('a status is an answer, whatever becomes of the rest', async (t) => {
  const cut = await collector(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  t.is((await cut.send()).type, 'accepted');
  const refused = await collector(t, (_request, response) => {
    response.writeHead(400, { 'content-type': 'text/plain', 'content-length': 1_000 });
    response.write('bad span');
    setImmediate(() => response.destroy());
  });
  t.like(await refused.send(), { type: 'refused', content: true });
});

test('an answer that stops in the middle of it, or has no end, is one: sent again it would be there twice', async (t) => {
  const half = await collector(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('half');
  });
  for (let request = 0; request < 2; request += 1) {
    const held = holdTimeout(t);
    const outcome = half.send({ timeoutMs: held.ms });
    await held.passAfter(half.port, 'HTTP/1.1 200 OK'.length);
    t.is((await outcome).type, 'accepted');
  }
  t.is(half.sockets.size, 2, 'a connection with a half answer is not used again');
  const endless = await collector(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384)));
    };
    response.on('drain', more);
    more();
  });
  t.is((await endless.send()).type, 'accepted');
});

for (const [encoding, pack] of [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const) {
  test(`a partial success that is packed by ${encoding}, though nobody asked for that, is one`, async (t) => {
    const answer = pack(JSON.stringify({ partialSuccess: { rejectedSpans: '3', errorMessage: 'too old' } }));
    const { send } = await collector(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
      response.end(answer);
    });
    t.deepEqual(await send(), { type: 'accepted', rejected: 3, message: 'too old' });
  });
}

test('a success that says it is packed and is not is one', async (t) => {
  const { send } = await collector(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end('no gzip');
  });
  t.deepEqual(await send(), { type: 'accepted', rejected: 0, message: '' });
});

test('an answer without end is not kept: what is shown of it is short', async (t) => {
  const { send } = await collector(t, (_request, response) => {
    response.writeHead(401, { 'content-type': 'text/plain' });
    for (let i = 0; i < 40; i++) response.write(Buffer.alloc(10_000, 'x'));
    response.end();
  });
  const outcome = await send();
  t.is(outcome.type, 'held');
  t.true(JSON.stringify(outcome).length < 1_000);
});

test('silence is an answer after the time of the request, and the connection is not used again', async (t) => {
  const { opened, open } = gate();
  const used: unknown[] = [];
  const { send } = await collector(t, async ({ socket }, response) => {
    used.push(socket);
    await opened;
    response.end();
  });
  const outcome = await send({ timeoutMs: 50 });
  t.like(outcome, { type: 'retry', timedOut: true, overloaded: true, reconnect: true });
  open();
  t.is((await send()).type, 'accepted');
  t.is(new Set(used).size, used.length);
});

test('a connection that is cut before an answer, and one that nobody takes, are tried again', async (t) => {
  const { send } = await collector(t, (request) => void request.socket.destroy());
  t.like(await send(), { type: 'retry', reconnect: true, timedOut: false, reached: true });
  const free = createTcpServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const transport = connector(configFor(`http://127.0.0.1:${port}/v1/traces`, { protocol: 'http/protobuf' }))();
  const outcome = await transport.send(REQUEST);
  transport.close();
  t.like(outcome, { type: 'retry', reconnect: true, reached: false });
  t.regex(JSON.stringify(outcome), /ECONNREFUSED/);
});

test('what closes a connection under its requests gives each of them an outcome', async (t) => {
  const { send, transport, seen } = await collector(t, () => undefined);
  const sent = [send(), send()];
  while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
  transport.close();
  for (const outcome of await Promise.all(sent)) t.is(outcome.type, 'retry');
});

test('a file of a certificate that is gone fails the request, and throws into nobody', async (t) => {
  const urls = { traces: 'https://127.0.0.1:1/v1/traces', logs: '', metrics: '' };
  const config = { ...configFor(''), protocol: 'http/protobuf', urls, tls: { caFile: '/nowhere/ca.pem' } } as const;
  const transport: Transport = connector(config)();
  await t.throwsAsync(transport.send(REQUEST), { code: 'ENOENT' });
  t.notThrows(() => transport.close());
});
