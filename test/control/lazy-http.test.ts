import { once } from 'node:events';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../src/contract/log.js';
import { type HttpLimits, trackConnections } from '../../src/control/connection-limits.js';
import { lazyHttp } from '../../src/control/lazy-http.js';

/** Longer than a test may take: what ends a connection is the one limit that its test sets. */
const LONG = 600_000;
const LIMITS: HttpLimits = { connections: 64, headMs: LONG, bodyMs: LONG, answerMs: LONG, readMs: LONG };
const GET = 'GET /v1 HTTP/1.1\r\nhost: kf\r\n\r\n';

async function listening(
  t: ExecutionContext,
  handler: Parameters<typeof lazyHttp>[0],
  limits: Partial<HttpLimits> = {},
) {
  const lines: string[] = [];
  const log = createLog({ format: 'json', level: 'debug', label: 'test', sink: (line) => lines.push(line) });
  const http = lazyHttp(handler, { ...LIMITS, ...limits }, log);
  http.server.listen(0, '127.0.0.1');
  await once(http.server, 'listening');
  t.teardown(() => http.close(0));
  const connect = async () => {
    const socket = net.connect((http.server.address() as net.AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined); // a reset: `close` follows
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  return { http, lines, connect };
}

/** All that comes until the other side ends. */
async function read(socket: net.Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => socket.once('close', resolve)); // also behind a reset
  return text;
}

test('there is one call a connection: it says so, and what is sent behind it is not answered', async (t) => {
  let calls = 0;
  const { connect } = await listening(t, async (_request, response) => {
    calls += 1;
    response.end('ok');
  });
  const socket = await connect();
  socket.write(GET + GET);
  const text = await read(socket);
  t.regex(text, /connection: close/i);
  t.is(text.split('HTTP/1.1 200').length, 2);
  t.is(calls, 1);
});

test('a handler that fails is an answer with 500, and one that fails in the midst ends there; both are logged', async (t) => {
  const { connect, lines } = await listening(t, async ({ url }, response) => {
    if (url === '/late') response.write('half');
    throw new Error('boom');
  });
  const [early, late] = [await connect(), await connect()];
  early.write(GET);
  late.write(GET.replace('/v1', '/late'));
  const [first, second] = await Promise.all([read(early), read(late)]);
  t.regex(first, /^HTTP\/1.1 500 [\s\S]*internal error\n/);
  t.false(second.endsWith('0\r\n\r\n'), 'it does not look whole');
  t.is(lines.length, 2);
});

for (const [part, limits, sends] of [
  ['its head', { headMs: 20 }, GET.slice(0, 10)],
  ['its head, which it has not begun', { headMs: 20 }, ''],
  ['its body', { bodyMs: 20 }, 'POST / HTTP/1.1\r\nhost: kf\r\ncontent-length: 9\r\n\r\n{'],
] as const) {
  test(`a caller that does not send ${part} is sent away`, async (t) => {
    const { connect } = await listening(
      t,
      async (request, response) => {
        for await (const _ of request);
        response.end();
      },
      limits,
    );
    const socket = await connect();
    socket.write(sends);
    t.is(await read(socket), '');
  });
}

test('an answer that takes too long ends with its connection', async (t) => {
  const { connect } = await listening(t, () => new Promise(() => undefined), { answerMs: 20 });
  const socket = await connect();
  socket.write(GET);
  t.is(await read(socket), '');
});

test('closing ends who asks nothing at once, and lets an answer under way be finished', async (t) => {
  let answer: (() => void) | undefined;
  const { http, connect } = await listening(t, async (_request, response) => {
    answer = () => response.end('ok');
  });
  const [idle, busy] = [await connect(), await connect()];
  busy.write(GET);
  while (!answer) await new Promise(setImmediate);
  const [closed, text] = [http.close(60_000), read(busy)];
  await idle.end();
  answer();
  await closed;
  t.regex(await text, /ok/);
});

test('closing without patience ends what is open', async (t) => {
  const { http, connect } = await listening(t, () => new Promise(() => undefined));
  const socket = await connect();
  socket.write(GET);
  await new Promise(setImmediate);
  const ended = read(socket);
  await http.close(0);
  t.is(await ended, '');
});

/** A socket of which only the end counts. */
function fake(): net.Socket {
  return new PassThrough() as unknown as net.Socket;
}

test('where there are too many the oldest that has asked nothing goes; where all ask the new one', (t) => {
  const connections = trackConnections({ connections: 2, headMs: 60_000 });
  const [a, b, c, d] = [fake(), fake(), fake(), fake()];
  connections.add(a);
  connections.add(b);
  t.true(connections.asks(a));
  t.false(connections.asks(a), 'a second call on it');
  connections.add(c);
  t.deepEqual([a.destroyed, b.destroyed, c.destroyed], [false, true, false]);
  t.true(connections.asks(c));
  connections.add(d);
  t.deepEqual([a.destroyed, c.destroyed, d.destroyed], [false, false, true]);
  t.deepEqual([...connections.all()], [a, c]);
  for (const socket of [a, c]) socket.destroy();
});

test('one that has closed has no timer any more, and its place is free', async (t) => {
  const connections = trackConnections({ connections: 1, headMs: 60_000 });
  const [a, b] = [fake(), fake()];
  connections.add(a);
  connections.asks(a);
  a.destroy();
  await once(a, 'close');
  connections.allow(a, 10);
  connections.add(b);
  t.deepEqual([...connections.all()], [b]);
  b.destroy();
});

test('an error of a caller ends its connection and nothing else', async (t) => {
  const connections = trackConnections({ connections: 1, headMs: 60_000 });
  const a = fake();
  connections.add(a);
  a.destroy(new Error('ECONNRESET'));
  await once(a, 'close').catch(() => undefined);
  t.is(connections.all().size, 0);
});
