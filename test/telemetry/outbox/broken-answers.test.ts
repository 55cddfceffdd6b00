import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { OutgoingRequest, Transport } from '../../../src/telemetry/outbox/send/outcome.js';
import { connector } from '../../../src/telemetry/outbox/send/transport.js';
import { holdTimeout } from '../../helpers/held-timeout.js';
import { configFor, PATIENCE, rig, until } from '../../helpers/spool.js';

/** A collector that takes each request and answers these bytes, in pieces where it is given several. */
async function collector(t: ExecutionContext, answer: string | readonly string[]) {
  const state = { taken: 0 };
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', async (piece) => {
      text += piece.toString('latin1');
      const end = text.indexOf('\r\n\r\n') + 4;
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      if (length === undefined || text.length < end + Number(length)) return;
      state.taken++;
      text = '';
      for (const part of [answer].flat()) await new Promise((resolve) => socket.write(part, resolve));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  return { state, config: configFor(url, { protocol: 'http/protobuf' }) };
}

const REQUEST: OutgoingRequest = {
  ...{ signal: 'traces', encoding: 'protobuf', timeoutMs: 5_000 },
  chunks: [Buffer.from('abcd')],
};

const LONG = `x: ${'a'.repeat(20_000)}\r\n`;
const END = 'content-length: 0\r\n\r\n';

for (const [what, answer, expected] of [
  ['20 KB of headers', `HTTP/1.1 200 OK\r\n${LONG}${END}`, { type: 'accepted' }],
  ['more headers than are read', ['HTTP/1.1 200 OK\r\n', ...Array(20).fill(LONG), END], { type: 'accepted' }],
  [
    'the same after one of 1xx',
    ['HTTP/1.1 103 Early\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\n', ...Array(20).fill(LONG), END],
    { type: 'accepted' },
  ],
  ['a header whose name holds a space', `HTTP/1.1 200 OK\r\nbad name: 1\r\n${END}`, { type: 'accepted' }],
  ['a header with a control character', `HTTP/1.1 200 OK\r\nx: \u0001\r\n${END}`, { type: 'accepted' }],
  ['two lengths', `HTTP/1.1 200 OK\r\ncontent-length: 1\r\n${END}`, { type: 'accepted' }],
  ['a length and chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n${END}0\r\n\r\n`, { type: 'accepted' }],
  ['a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', { type: 'accepted' }],
  ['bytes after the last', `HTTP/1.1 200 OK\r\nconnection: close\r\n${END}more`, { type: 'accepted' }],
  ['lines that end without a CR', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n', { type: 'accepted' }],
  [
    'too much to do, and it says when',
    `HTTP/1.1 503 Busy\r\nretry-after: 7\r\nbad name: 1\r\n${END}`,
    { type: 'retry', afterMs: 7_000 },
  ],
  ['a key that is refused', `HTTP/1.1 401 No\r\nbad name: 1\r\n${END}`, { type: 'held' }],
  ['a login page', `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nbad name: 1\r\n${END}`, { type: 'held' }],
  ['another protocol', 'HTTP/1.1 101 Other\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', { type: 'held' }],
  ['a status that is no number', `HTTP/1.1 2x0 OK\r\n${END}`, { type: 'held' }],
] as const) {
  test(`an answer that node:http refuses, ${what}: ${JSON.stringify(expected)}`, async (t) => {
    const { config, state } = await collector(t, answer);
    const transport: Transport = connector(config)();
    t.teardown(() => transport.close());
    t.like(await transport.send(REQUEST), expected);
    t.is(state.taken, 1);
  });
}

test('an answer whose status is cut off is waited for, and one that stops after it is an answer', async (t) => {
  const [cut, half] = [await collector(t, 'HTTP/1.1 20'), await collector(t, 'HTTP/1.1 200 OK\r\nx: ')];
  for (const [{ config }, bytes, expected] of [
    [cut, 'HTTP/1.1 20', { type: 'retry', timedOut: true }],
    [half, 'HTTP/1.1 200 OK\r\nx: ', { type: 'accepted' }],
  ] as const) {
    const held = holdTimeout(t);
    const transport = connector(config)();
    t.teardown(() => transport.close());
    const outcome = transport.send({ ...REQUEST, timeoutMs: held.ms });
    await held.passAfter(Number(new URL(config.urls.traces).port), bytes.length);
    t.like(await outcome, expected);
  }
});

test('spans whose acceptance is written in a way that node:http refuses arrive once', async (t) => {
  const { config, state } = await collector(t, ['HTTP/1.1 200 OK\r\n', ...Array(20).fill(LONG), END]);
  const { spool, emit, account, warnings } = rig(t, { config });
  emit('a', 5);
  t.true(await spool.flush(PATIENCE));
  t.like(account(), { exported: 5, resent: 0 });
  t.deepEqual([state.taken, warnings], [1, []]);
});

test('a collector whose answers nobody can read is asked slowly, and that is said', async (t) => {
  const { config, state } = await collector(t, `HTTP/1.1 2x0 OK\r\n${END}`);
  const { spool, emit, account, warnings, fixes } = rig(t, { config });
  emit('a', 5);
  t.false(await spool.flush(10_000));
  await until(() => warnings.length > 0);
  t.is(state.taken, 1, 'the next try is seconds away');
  t.is(account().spooled + account().pending, 5);
  t.regex(`${warnings[0]} | ${fixes[0]}`, /its answer is no HTTP that can be read \| .*may arrive twice/);
});
