import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ClientConnection } from '../../../../src/telemetry/outbox/http2/client-connection.js';
import { FLAG, FRAME, frame, frameOfNumbers } from '../../../../src/telemetry/outbox/http2/frames.js';
import { Unprocessed } from '../../../../src/telemetry/outbox/http2/requests.js';

// What a server says that is broken, hostile, or none of HTTP/2: the request ends, once, with words; nothing throws.

/** One request to a server that says `words` once it was spoken to; what came of it, and what else the server read. */
async function against(t: ExecutionContext, words: readonly Uint8Array[], end = false) {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      for (const word of words) socket.write(word);
      if (end) socket.end();
    });
    socket.on('data', (piece) => read.push(piece));
    socket.on('end', () => heardAll());
    t.teardown(() => socket.destroy());
  });
  const read: Buffer[] = [];
  let heardAll = () => undefined as void;
  const all = new Promise<void>((resolve) => {
    heardAll = resolve;
  }).then(() => Buffer.concat(read));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const connection = new ClientConnection(socket, 'connect');
  t.teardown(() => connection.close());
  const ends: (Error | undefined)[] = [];
  const ended = new Promise<void>((resolve) => {
    connection.request(
      { headers: [[':method', 'POST']], body: Buffer.from('body') },
      {
        onHeaders: () => undefined,
        onData: () => undefined,
        onEnd: (error) => {
          ends.push(error);
          resolve();
        },
      },
    );
  });
  return { ended, ends, connection, socket, all };
}

const SETTINGS = frame(FRAME.settings, 0, 0);
const OK = Buffer.from([0x88]); // :status 200
const HEADERS = FLAG.endHeaders;

for (const [what, words, error] of [
  ['HTTP/1.1', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], /^the answer is not HTTP\/2$/],
  ['an alert of TLS', [Buffer.from('15030300020246', 'hex')], /^the answer is TLS$/],
  ['a ping before its settings', [frame(FRAME.ping, 0, 0, Buffer.alloc(8))], /not HTTP\/2/],
  ['settings that confirm', [frame(FRAME.settings, FLAG.ack, 0)], /not HTTP\/2/],
  ['settings that are cut off', [frame(FRAME.settings, 0, 0, Buffer.alloc(5))], /FRAME_SIZE_ERROR/],
  ['a window that is too large', [SETTINGS, frame(FRAME.settings, 0, 0, Buffer.from('0004ffffffff', 'hex'))], /FLOW/],
  [
    'frames that are too small',
    [SETTINGS, frame(FRAME.settings, 0, 0, Buffer.from('000500000001', 'hex'))],
    /frames of 1/,
  ],
  ['a window that overflows', [SETTINGS, frameOfNumbers(FRAME.window, 0, 0x7fff_ffff)], /FLOW_CONTROL_ERROR/],
  ['a window that does not grow', [SETTINGS, frameOfNumbers(FRAME.window, 0, 0)], /PROTOCOL_ERROR/],
  ['a window without a number', [SETTINGS, frame(FRAME.window, 0, 0, Buffer.alloc(3))], /FRAME_SIZE_ERROR/],
  ['a ping of seven bytes', [SETTINGS, frame(FRAME.ping, 0, 0, Buffer.alloc(7))], /FRAME_SIZE_ERROR/],
  ['a frame that is too long', [SETTINGS, Buffer.from('004001000000000000', 'hex')], /FRAME_SIZE_ERROR/],
  ['a pushed response', [SETTINGS, frame(FRAME.push, HEADERS, 1, Buffer.alloc(5))], /PROTOCOL_ERROR/],
  ['a stream that was not begun', [SETTINGS, frame(FRAME.headers, HEADERS, 3, OK)], /stream 3/],
  ['a stream of its own', [SETTINGS, frame(FRAME.data, 0, 2, OK)], /stream 2/],
  ['headers that are interrupted', [SETTINGS, frame(FRAME.headers, 0, 1, OK), SETTINGS], /interrupted/],
  ['a continuation of nothing', [SETTINGS, frame(FRAME.continuation, HEADERS, 1, OK)], /interrupted/],
  ['headers without a meaning', [SETTINGS, frame(FRAME.headers, HEADERS, 1, Buffer.from([0xff, 0xff]))], /COMPRESSION/],
  ['nothing but padding', [SETTINGS, frame(FRAME.data, FLAG.padded, 1, Buffer.from([5, 0]))], /PROTOCOL_ERROR/],
  [
    'headers without an end',
    [SETTINGS, frame(FRAME.headers, 0, 1, OK), ...Array(8).fill(frame(FRAME.continuation, 0, 1, Buffer.alloc(16_000)))],
    /ENHANCE_YOUR_CALM/,
  ],
  [
    'headers of a response without an end',
    [SETTINGS, ...Array(2).fill(frame(FRAME.headers, HEADERS, 1, OK))],
    /trailers/,
  ],
  ['a reset that is cut off', [SETTINGS, frame(FRAME.reset, 0, 1, Buffer.alloc(2))], /FRAME_SIZE_ERROR/],
  ['a goodbye that is cut off', [SETTINGS, frame(FRAME.goaway, 0, 0, Buffer.alloc(4))], /FRAME_SIZE_ERROR/],
] as const) {
  test(`${what}`, async (t) => {
    const { ended, ends, connection } = await against(t, words as readonly Uint8Array[]);
    await ended;
    t.regex(ends[0]?.message ?? '', error);
    t.is(ends.length, 1);
    t.false(connection.isOpen);
  });
}

test('what is not known, priorities and headers of a request that has ended are passed over', async (t) => {
  const { ended, ends } = await against(t, [
    SETTINGS,
    frame(0x42, 0xff, 1, Buffer.alloc(10)),
    frame(FRAME.priority, 0, 9, Buffer.alloc(5)),
    frame(FRAME.settings, 0, 0, Buffer.from('ffff00000001', 'hex')),
    frame(FRAME.headers, HEADERS | FLAG.endStream | FLAG.priority, 1, Buffer.concat([Buffer.alloc(5), OK])),
    frame(FRAME.headers, HEADERS, 1, OK),
    frame(FRAME.data, FLAG.endStream, 1, OK),
  ]);
  await ended;
  t.deepEqual(ends, [undefined]);
});

test('frames that come byte by byte are put together; a ping is answered, settings are confirmed', async (t) => {
  const said = Buffer.concat([
    SETTINGS,
    frame(FRAME.ping, 0, 0, Buffer.from('12345678')),
    frame(FRAME.headers, 0, 1, OK.subarray(0, 0)),
    frame(FRAME.continuation, HEADERS, 1, OK),
    frame(FRAME.data, FLAG.endStream | FLAG.padded, 1, Buffer.from([2, 1, 0, 0])),
  ]);
  const { ended, ends, connection, socket, all } = await against(t, []);
  await once(socket, 'connect');
  for (const byte of said) socket.emit('data', Buffer.from([byte]));
  await ended;
  t.deepEqual(ends, [undefined]);
  connection.close();
  const heard = await all;
  t.true(heard.includes(frame(FRAME.settings, FLAG.ack, 0)));
  t.true(heard.includes(frame(FRAME.ping, FLAG.ack, 0, Buffer.from('12345678'))));
});

test('a connection that is ended takes no more requests, finishes those the collector saw, and gives back the others', async (t) => {
  const { ended, ends, connection, socket } = await against(t, []);
  await once(socket, 'connect');
  socket.emit('data', SETTINGS);
  const others: (Error | undefined)[] = [];
  const heard = {
    onHeaders: () => undefined,
    onData: () => undefined,
    onEnd: (e: Error | undefined) => others.push(e),
  };
  connection.request({ headers: [[':method', 'POST']], body: Buffer.alloc(1) }, heard);
  socket.emit('data', frameOfNumbers(FRAME.goaway, 0, 1, 0));
  t.true(others[0] instanceof Unprocessed);
  t.regex(others[0]?.message ?? '', /ends the connection: NO_ERROR/);
  t.deepEqual([connection.isOpen, ends.length], [false, 0]);
  const closed = once(socket, 'close');
  socket.emit('data', frame(FRAME.headers, HEADERS | FLAG.endStream, 1, OK));
  await Promise.all([ended, closed]);
  t.deepEqual([ends, others.length], [[undefined], 1]);
});

test('settings change the windows of what is under way, below nothing too; what is allowed then is sent', async (t) => {
  const { connection, socket, all } = await against(t, []);
  await once(socket, 'connect');
  const window = (bytes: number) => {
    const content = Buffer.alloc(6);
    content.writeUInt16BE(4);
    content.writeUInt32BE(bytes, 2);
    return frame(FRAME.settings, 0, 0, content);
  };
  socket.emit('data', window(10));
  const heard = { onHeaders: () => undefined, onData: () => undefined, onEnd: () => undefined };
  connection.request({ headers: [[':method', 'POST']], body: Buffer.from('0123456789abcdefghij') }, heard);
  // Ten were sent: with a window of four, six more have to be allowed before the next one.
  socket.emit('data', Buffer.concat([window(4), frameOfNumbers(FRAME.window, 3, 6)]));
  socket.emit('data', frameOfNumbers(FRAME.window, 3, 3));
  socket.emit('data', window(100));
  connection.close();
  const text = (await all).toString('latin1');
  const data = (content: string, end = 0) => frame(FRAME.data, end, 3, Buffer.from(content)).toString('latin1');
  const places = [data('0123456789'), data('abc'), data('defghij', FLAG.endStream)].map((part) => text.indexOf(part));
  t.true(places[0]! > 0 && places[0]! < places[1]! && places[1]! < places[2]!, places.join());
});

test('a connection that ends without a word is an end without an error', async (t) => {
  const { ended, ends } = await against(t, [SETTINGS], true);
  await ended;
  t.deepEqual(ends, [undefined]);
});

test('a peer that asks without reading the answers is left', async (t) => {
  const pings = Buffer.concat(Array(4_000).fill(frame(FRAME.ping, 0, 0, Buffer.alloc(8))));
  const { ended, ends, socket } = await against(t, []);
  await once(socket, 'connect');
  socket.emit('data', SETTINGS);
  // As if the kernel took nothing: what is written waits.
  socket.cork();
  for (let i = 0; i < 1_000 && ends.length === 0; i++) socket.emit('data', pings);
  await ended;
  t.regex(ends[0]?.message ?? '', /it does not read/);
});

test('a connection that is over does not wait for what the other side does not read', async (t) => {
  const { connection, socket } = await against(t, []);
  await once(socket, 'connect');
  socket.emit('data', SETTINGS);
  const heard = { onHeaders: () => undefined, onData: () => undefined, onEnd: () => undefined };
  const cancel = connection.request({ headers: [[':method', 'POST']], body: Buffer.alloc(1) }, heard);
  socket.emit('data', Buffer.concat([frameOfNumbers(FRAME.goaway, 0, 3, 0), frame(FRAME.headers, 5, 1, OK)]));
  // As if the kernel took nothing: what is written waits.
  socket.cork();
  cancel();
  t.true(socket.destroyed);
});

test('no bytes make it throw: 3,000 answers with some of them changed', async (t) => {
  const answer = Buffer.concat([
    SETTINGS,
    frame(FRAME.settings, FLAG.ack, 0),
    frame(FRAME.headers, HEADERS, 1, Buffer.from('885f8b1d75d0620d263d4c4d6564', 'hex')),
    frame(FRAME.window, 0, 0, Buffer.from([0, 0, 1, 0])),
    frame(FRAME.data, 0, 1, Buffer.from([0, 0, 0, 0, 0])),
    frame(FRAME.headers, HEADERS | FLAG.endStream, 1, Buffer.from('40889acac8b21234da8f0130', 'hex')),
  ]);
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const outcomes = new Set<string>();
  for (let i = 0; i < 3_000; i++) {
    const changed = Buffer.from(answer);
    for (let n = random(4); n >= 0; n--) changed[random(changed.length)] = random(256);
    const socket = new net.Socket();
    const connection = new ClientConnection(socket, 'now');
    const ends: (Error | undefined)[] = [];
    const heard = {
      onHeaders: () => undefined,
      onData: () => undefined,
      onEnd: (e: Error | undefined) => ends.push(e),
    };
    connection.request({ headers: [[':method', 'POST']], body: Buffer.alloc(3) }, heard);
    socket.emit('data', changed.subarray(0, random(20)));
    socket.emit('data', changed.subarray(0));
    connection.close();
    t.is(ends.length, 1);
    outcomes.add(ends[0]?.message.split(':')[1] ?? 'whole');
  }
  t.true(outcomes.size > 3, [...outcomes].join());
});
