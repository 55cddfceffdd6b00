import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { ClientConnection } from '../../../../src/telemetry/outbox/http2/client-connection.js';
import { type Exchange, Unprocessed } from '../../../../src/telemetry/outbox/http2/requests.js';
import type { Header } from '../../../../src/telemetry/outbox/http2/static-headers.js';

// Against node:http2, which is nghttp2: it packs headers, keeps a table of them, and watches the protocol.

type Stream = http2.ServerHttp2Stream;

interface Ended {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly error: Error | undefined;
  readonly ends: number;
}

async function listen(t: ExecutionContext, server: net.Server | http2.Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

function connect(t: ExecutionContext, port: number) {
  const socket = net.connect(port, '127.0.0.1');
  const connection = new ClientConnection(socket, 'connect');
  t.teardown(() => connection.close());
  const ask = (body: Uint8Array = Buffer.from('hello'), more: readonly Header[] = []) =>
    exchange(connection, body, more);
  return { socket, connection, ask };
}

const HEADERS: readonly Header[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'localhost'],
  [':path', '/'],
];

function exchange(connection: ClientConnection, body: Uint8Array, more: readonly Header[] = []): Promise<Ended> {
  return new Promise((resolve) => {
    const headers: Record<string, string> = {};
    let [bytes, ends] = [0, 0];
    const heard: Exchange = {
      onHeaders: (list) => Object.assign(headers, Object.fromEntries(list)),
      onData: (piece) => {
        bytes += piece.length;
      },
      onEnd: (error) => {
        ends++;
        // What would end it a second time has come by then.
        setImmediate(() => resolve({ headers, bytes, error, ends }));
      },
    };
    connection.request({ headers: [...HEADERS, ...more], body }, heard);
  });
}

async function collector(
  t: ExecutionContext,
  answer: (stream: Stream, headers: http2.IncomingHttpHeaders, body: Buffer) => void,
  options: http2.ServerOptions = {},
) {
  const server = http2.createServer(options);
  const sessions: http2.ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void buffer(stream).then(
      (body) => !stream.destroyed && answer(stream, headers, body),
      () => undefined,
    );
  });
  const port = await listen(t, server);
  t.teardown(() => sessions.map((session) => session.destroy()));
  return { port, sessions };
}

const echo = (stream: Stream, _: unknown, body: Buffer) => {
  stream.respond({ 'x-bytes': String(body.length) });
  stream.end('ok');
};

test('headers of all kinds arrive as they are, in both directions, and those of before in the table too', async (t) => {
  const value = (from: number, to: number) =>
    String.fromCharCode(...Array.from({ length: to - from }, (_, i) => from + i));
  const odd = [`a${value(32, 127)}`, `b${value(160, 256)}`, 'x'.repeat(3_000), '', ' inner  blanks '.trim()];
  let asked = 0;
  const { port } = await collector(t, (stream, headers) => {
    t.is(headers['x-long'], 'k'.repeat(9_000));
    const at = asked++ % odd.length;
    stream.respond({ 'x-odd': odd[at], [`x-of-${asked}`]: String(asked), 'x-same': 'same' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(at) }));
    stream.end();
  });
  const { ask } = connect(t, port);
  for (let i = 0; i < 60; i++) {
    const { headers, error } = await ask(undefined, [['x-long', 'k'.repeat(9_000)]]);
    t.is(error, undefined);
    t.like(headers, {
      ':status': '200',
      'x-odd': odd[i % odd.length],
      [`x-of-${i + 1}`]: String(i + 1),
      'x-same': 'same',
    });
    t.is(headers['grpc-status'], String(i % odd.length));
  }
});

test('headers of more than one frame are sent in several', async (t) => {
  const { port } = await collector(
    t,
    (stream, headers) => {
      stream.respond({ 'x-length': String(String(headers['x-long']).length) });
      stream.end();
    },
    { maxSessionMemory: 100, settings: { maxHeaderListSize: 1_000_000 } },
  );
  const { ask } = connect(t, port);
  const { headers, error } = await ask(undefined, [['x-long', 'k'.repeat(40_000)]]);
  t.deepEqual([error, headers['x-length']], [undefined, '40000']);
});

for (const [what, options] of [
  ['as usual', {}],
  ['with small windows', { settings: { initialWindowSize: 100 } }],
  ['with large frames', { settings: { maxFrameSize: 1_000_000, initialWindowSize: 10_000_000 } }],
  ['one at a time', { settings: { maxConcurrentStreams: 1 } }],
  ['with padding', { paddingStrategy: http2.constants.PADDING_STRATEGY_MAX }],
] as const) {
  test(`large bodies arrive whole, many at once: ${what}`, async (t) => {
    const { port } = await collector(t, echo, options);
    const { ask } = connect(t, port);
    const sizes = [0, 1, 99, 16_384, 16_385, 65_535, 65_536, 300_000, 1_000_000];
    const ended = await Promise.all(sizes.map((size) => ask(Buffer.alloc(size, 'x'))));
    t.deepEqual(
      ended.map(({ headers, bytes, error, ends }) => [headers['x-bytes'], bytes, error, ends]),
      sizes.map((size) => [String(size), 2, undefined, 1]),
    );
  });
}

test('an answer that is larger than a window comes whole, and the next one too', async (t) => {
  const { port } = await collector(t, (stream) => {
    stream.respond();
    stream.end(Buffer.alloc(300_000));
  });
  const { ask } = connect(t, port);
  for (let i = 0; i < 3; i++) t.like(await ask(), { bytes: 300_000, error: undefined, ends: 1 });
});

test('a response that is announced by others is the last of them', async (t) => {
  const { port } = await collector(t, (stream) => {
    stream.additionalHeaders({ ':status': 103, link: 'x' });
    stream.respond({ ':status': 204 });
    stream.end();
  });
  const { headers } = await connect(t, port).ask();
  t.deepEqual([headers[':status'], headers.link], ['204', undefined]);
});

test('a stream that is reset says by which code; one that was refused was not processed', async (t) => {
  const codes = [2, 7, 8, 11, 99];
  const { port } = await collector(t, (stream) => stream.close(codes.shift()!));
  const { ask } = connect(t, port);
  const words: unknown[] = [];
  for (let i = 0; i < 5; i++) {
    const { error } = await ask();
    words.push([error?.message.replace('the collector reset the request: ', ''), error instanceof Unprocessed]);
  }
  t.deepEqual(words, [
    ['INTERNAL_ERROR', false],
    ['REFUSED_STREAM', true],
    ['CANCEL', false],
    ['ENHANCE_YOUR_CALM', false],
    ['code 99', false],
  ]);
});

test('an answer before the request is whole is an answer', async (t) => {
  const server = http2.createServer({ settings: { initialWindowSize: 10 } });
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': 413 }, { endStream: true });
  });
  const port = await listen(t, server);
  const { ask, socket } = connect(t, port);
  for (let i = 0; i < 2; i++)
    t.like(await ask(Buffer.alloc(100_000)), { headers: { ':status': '413' }, error: undefined });
  socket.destroy();
});

test('a request that is taken back says nothing, and the others go on', async (t) => {
  const { port } = await collector(t, echo, { settings: { maxConcurrentStreams: 1 } });
  const { connection, ask } = connect(t, port);
  await ask();
  const heard: string[] = [];
  const silent: Exchange = {
    onHeaders: () => heard.push('h'),
    onData: () => heard.push('d'),
    onEnd: () => heard.push('e'),
  };
  const begun = connection.request({ headers: HEADERS, body: Buffer.alloc(1) }, silent);
  const waits = connection.request({ headers: HEADERS, body: Buffer.alloc(1) }, { ...silent });
  begun();
  waits();
  t.like(await ask(), { headers: { 'x-bytes': '5' }, ends: 1 });
  t.deepEqual(heard, []);
});

test('whatever is under way when a connection ends hears of it, once', async (t) => {
  const { port, sessions } = await collector(t, () => undefined, { settings: { maxConcurrentStreams: 1 } });
  for (const end of [
    () => sessions.at(-1)!.destroy(),
    (socket: net.Socket) => socket.destroy(new Error('cut')),
    (_: net.Socket, connection: ClientConnection) => connection.close(),
  ]) {
    const { connection, socket, ask } = connect(t, port);
    const before = sessions.length;
    const asked = [ask(), ask(), ask()];
    while (sessions.length === before) await new Promise((resolve) => setImmediate(resolve));
    end(socket, connection);
    for (const { ends } of await Promise.all(asked)) t.is(ends, 1);
    t.false(connection.isOpen);
  }
});

test('nobody listens: each request has the error of the connection', async (t) => {
  const server = net.createServer();
  const port = await listen(t, server);
  await new Promise((resolve) => server.close(resolve));
  const { ask } = connect(t, port);
  for (const { error } of await Promise.all([ask(), ask()])) t.regex(error?.message ?? '', /ECONNREFUSED/);
});

test('a request on a connection that has ended is given back', async (t) => {
  const { port } = await collector(t, echo);
  const { connection, ask } = connect(t, port);
  await ask();
  connection.close();
  const { error, ends } = await ask();
  t.deepEqual([error instanceof Unprocessed, ends], [true, 1]);
});
