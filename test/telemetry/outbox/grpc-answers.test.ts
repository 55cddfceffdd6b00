import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { OutgoingRequest } from '../../../src/telemetry/outbox/send/outcome.js';
import { connector, type TransportConfig } from '../../../src/telemetry/outbox/send/transport.js';
import { field, int } from '../../helpers/otlp-bytes.js';
import { configFor, gate } from '../../helpers/spool.js';

type Stream = http2.ServerHttp2Stream;

interface Seen {
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
}

const REQUEST: OutgoingRequest = {
  ...{ signal: 'traces', encoding: 'protobuf', timeoutMs: 10_000 },
  chunks: [Buffer.from('ab'), Buffer.from('cd')],
};

/** A server that answers each call as the test says, a transport to it, and what came. */
async function collector(t: ExecutionContext, answer: (stream: Stream) => void, more: Partial<TransportConfig> = {}) {
  const seen: Seen[] = [];
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => undefined);
    seen.push({ headers, body: await buffer(stream) });
    if (!stream.destroyed) answer(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = connector(configFor(url, more))();
  t.teardown(() => {
    transport.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  const send = (change: Partial<OutgoingRequest> = {}) => transport.send({ ...REQUEST, ...change });
  return { seen, sessions, transport, send };
}

const message = (...content: readonly Buffer[]) => {
  const body = Buffer.concat(content);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
};

/** A response with its message and its trailers, as a gRPC server writes it. */
function reply(stream: Stream, trailers: http2.OutgoingHttpHeaders, body = message()): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

/** One without a message: its status stands in the headers. */
const fail = (stream: Stream, headers: http2.OutgoingHttpHeaders) =>
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true });

const ok = (stream: Stream) => reply(stream, { 'grpc-status': '0' });

for (const grpcClient of ['builtin', 'upstream'] as const) {
  const reach = (t: ExecutionContext, answer: (stream: Stream) => void, more: Partial<TransportConfig> = {}) =>
    collector(t, answer, { grpcClient, ...more });

  test(`${grpcClient}: each signal goes to its service, framed, with its headers and its time`, async (t) => {
    const { seen, send } = await reach(t, ok, { headers: { 'X-Key': 'k' } });
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      t.deepEqual(await send({ signal }), { type: 'accepted', rejected: 0, message: '' });
    }
    t.deepEqual(
      seen.map(({ headers }) => headers[':path']),
      ['trace.v1.Trace', 'logs.v1.Logs', 'metrics.v1.Metrics'].map(
        (name) => `/opentelemetry.proto.collector.${name}Service/Export`,
      ),
    );
    t.deepEqual(seen[0]!.body, message(Buffer.from('abcd')));
    t.like(seen[0]!.headers, { 'x-key': 'k', te: 'trailers' });
    t.regex(String(seen[0]!.headers['grpc-timeout']), /^\d{1,8}[mSun]$/);
    t.regex(String(seen[0]!.headers['user-agent']), /kf-cluster-test/);
  });

  test(`${grpcClient}: gzip packs the message, and says so in its frame`, async (t) => {
    const { seen, send } = await reach(t, ok, { compression: 'gzip' });
    const chunks = [Buffer.alloc(5_000, 'a')];
    t.is((await send({ chunks })).type, 'accepted');
    const { body, headers } = seen[0]!;
    t.deepEqual([body[0], body.readUInt32BE(1), headers['grpc-encoding']], [1, body.length - 5, 'gzip']);
    t.deepEqual(gunzipSync(body.subarray(5)), chunks[0]);
  });

  test(`${grpcClient}: a partial success says how many, and why`, async (t) => {
    const partial = message(field(1, int(1, 3), field(2, 'too old')));
    const { send } = await reach(t, (stream) => reply(stream, { 'grpc-status': '0' }, partial));
    t.deepEqual(await send(), { type: 'accepted', rejected: 3, message: 'too old' });
  });

  for (const [what, headers, expected] of [
    ['a key that is refused', { 'grpc-status': '16' }, { type: 'held' }],
    ['one too large', { 'grpc-status': '8', 'grpc-message': 'larger than max' }, { type: 'too-large' }],
    ['too much to do', { 'grpc-status': '10' }, { type: 'retry', reconnect: false, overloaded: true }],
    ['a bad content', { 'grpc-status': '3' }, { type: 'refused', content: true }],
    [
      'words that are encoded',
      { 'grpc-status': '3', 'grpc-message': 'na%C3%AFve%20span' },
      { reason: 'gRPC status 3: naïve span' },
    ],
    ['a service that is not there', { ':status': 404, 'content-type': 'text/plain' }, { type: 'held' }],
    ['a proxy whose collector is gone', { ':status': 503, 'content-type': 'text/html' }, { type: 'retry' }],
    ['a proxy that wants a key', { ':status': 401, 'content-type': 'text/plain' }, { type: 'held' }],
    ['a proxy that points elsewhere', { ':status': 301, location: 'http://x/' }, { type: 'held' }],
    ['a proxy that has failed', { ':status': 500, 'content-type': 'text/html' }, { type: 'held' }],
    ['a proxy that finds it too large', { ':status': 413, 'content-type': 'text/html' }, { type: 'too-large' }],
    ['a proxy with too much to do', { ':status': 429 }, { type: 'retry', overloaded: true }],
  ] as const) {
    test(`${grpcClient}: ${what}: ${JSON.stringify(expected)}`, async (t) => {
      const { send } = await reach(t, (stream) => fail(stream, headers));
      t.like(await send(), expected);
    });
  }

  test(`${grpcClient}: a call without an answer ends at its time, and the next one has its own`, async (t) => {
    const { opened, open } = gate();
    const { send } = await reach(t, (stream) => void opened.then(() => (stream.destroyed ? undefined : ok(stream))));
    t.like(await send({ timeoutMs: 100 }), { type: 'retry', timedOut: true, overloaded: true });
    open();
    t.is((await send()).type, 'accepted');
  });

  test(`${grpcClient}: a connection that is cut under a call is tried again`, async (t) => {
    const { send } = await reach(t, (stream) => void stream.session?.destroy());
    t.is((await send()).type, 'retry');
  });

  test(`${grpcClient}: a record in JSON is not sent, and never will be`, async (t) => {
    const { send, seen } = await reach(t, ok);
    t.like(await send({ encoding: 'json' }), { type: 'refused', content: false });
    t.is(seen.length, 0);
  });
}

test('calls share a session; when the server says goodbye the next one goes over a new one', async (t) => {
  let calls = 0;
  const paths = new Set<unknown>();
  const { send } = await collector(t, (stream) => {
    calls++;
    paths.add(stream.session);
    if (calls === 2) stream.session?.close();
    ok(stream);
  });
  await send();
  await send();
  t.is(paths.size, 1);
  while ((await send()).type !== 'accepted') t.true(calls < 10);
  t.is(paths.size, 2);
});

test('words whose percent signs encode nothing are shown as they came', async (t) => {
  const { send } = await collector(t, (stream) => fail(stream, { 'grpc-status': '3', 'grpc-message': '100% full' }));
  t.like(await send(), { reason: 'gRPC status 3: 100% full' });
});

test('an answer that ends without a status is none', async (t) => {
  const { send } = await collector(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.end(message());
  });
  t.like(await send(), { type: 'retry', reason: 'the connection ended without an answer' });
});

test('what stands in front of the collector says when, and a page of it with status 200 is no success', async (t) => {
  const busy = await collector(t, (stream) =>
    stream.respond({ ':status': 429, 'retry-after': '7' }, { endStream: true }),
  );
  t.like(await busy.send(), { type: 'retry', afterMs: 7_000 });
  const login = await collector(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    stream.end('<html>');
  });
  t.like(await login.send(), { type: 'held', reason: 'HTTP status 200 with a page of HTML' });
});

test('a partial success that is packed, though nobody asked for that, is one', async (t) => {
  const packed = message(gzipSync(field(1, int(1, 3), field(2, 'too old'))));
  packed[0] = 1;
  const { send } = await collector(t, (stream) => {
    stream.respond({ ':status': 200, 'grpc-encoding': 'gzip' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(packed);
  });
  t.deepEqual(await send(), { type: 'accepted', rejected: 3, message: 'too old' });
});

test('what stands in front of the collector is quoted with its status', async (t) => {
  const { send } = await collector(t, (stream) => {
    stream.respond({ ':status': 418, 'content-type': 'text/plain' });
    stream.end('short\nand stout');
  });
  const outcome = await send();
  t.is(outcome.type, 'held');
  t.regex(JSON.stringify(outcome), /HTTP status 418: short/);
  t.false('reason' in outcome && outcome.reason.includes('\n'), 'one line');
});
