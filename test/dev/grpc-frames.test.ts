import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { deflateSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../src/dev/receiver.js';
import { smallRequest } from '../helpers/otlp-bytes.js';

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** A receiver, and a connection on which frames are written by hand. */
async function open(t: ExecutionContext, options: Partial<ReceiverOptions> = {}) {
  const names: string[] = [];
  const receiver = await startReceiver({
    ...{ grpcPort: 0, httpPort: 0 },
    onTraces: (spans) => void names.push(...spans.map(({ name }) => name)),
    ...options,
  });
  const session = connect(receiver.grpcUrl).on('error', () => undefined);
  t.teardown(async () => {
    session.destroy();
    await receiver.close();
  });
  return { receiver, session, names };
}

/** gRPC's frame around a message; `length` may lie. */
function frame(message: Buffer, { compressed = 0, length = message.length } = {}): Buffer {
  const head = Buffer.from([compressed, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

interface Answered {
  readonly status: number;
  /** Of gRPC; undefined where there is none. */
  readonly code: number | undefined;
  readonly message: string;
  readonly body: Buffer;
}

function call(
  session: ClientHttp2Session,
  pieces: readonly Buffer[],
  headers: Record<string, string> = {},
): Promise<Answered> {
  const stream = session.request({
    ...{ ':method': 'POST', ':path': TRACES, 'content-type': 'application/grpc+proto', te: 'trailers' },
    ...headers,
  });
  return new Promise((resolve, reject) => {
    const found: IncomingHttpHeaders = {};
    const body: Buffer[] = [];
    stream.on('response', (come) => Object.assign(found, come));
    stream.on('trailers', (come) => Object.assign(found, come));
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      const code = found['grpc-status'];
      const message = decodeURIComponent(String(found['grpc-message'] ?? ''));
      const status = Number(found[':status']);
      resolve({ status, code: code === undefined ? undefined : Number(code), message, body: Buffer.concat(body) });
    });
    for (const piece of pieces) stream.write(piece);
    stream.end();
  });
}

test('a message that comes in pieces is one, its frame too; the answer is a frame with a length of its own', async (t) => {
  const { session, names, receiver } = await open(t);
  const whole = frame(smallRequest(2));
  const bytes = Array.from(whole, (byte) => Buffer.from([byte]));
  t.like(await call(session, bytes), { status: 200, code: 0, body: Buffer.alloc(5) });
  t.deepEqual(names, ['span 0', 'span 1']);
  t.is(receiver.refusals.malformed, 0);
});

const bad: readonly (readonly [
  what: string,
  pieces: readonly Buffer[],
  headers: Record<string, string>,
  code: number,
  says: RegExp,
])[] = [
  ['no message at all', [], {}, 13, /one message, and this is not one/],
  ['half of a frame', [Buffer.from([0, 0])], {}, 13, /one message/],
  ['a message that is shorter than it says', [frame(smallRequest(1), { length: 999 })], {}, 13, /one message/],
  ['two messages', [frame(smallRequest(1)), frame(smallRequest(1))], {}, 13, /one message/],
  [
    'what is no gzip',
    [frame(Buffer.from('text'), { compressed: 1 })],
    { 'grpc-encoding': 'gzip' },
    13,
    /not valid gzip/,
  ],
  [
    'a compression that nobody named',
    [frame(gzipSync('x'), { compressed: 1 })],
    {},
    12,
    /is not gzip, deflate, identity/,
  ],
  ['snappy', [frame(Buffer.from('x'), { compressed: 1 })], { 'grpc-encoding': 'snappy' }, 12, /snappy is not gzip/],
  ['a message that is no protobuf of it', [frame(Buffer.from([0x0a, 0xff]))], {}, 3, /./],
];

for (const [what, pieces, headers, code, says] of bad) {
  test(`a call with ${what} is refused with ${code}, counted once, and the next one is served`, async (t) => {
    const { session, receiver, names } = await open(t);
    const answered = await call(session, pieces, headers);
    t.is(answered.code, code);
    t.regex(answered.message, says);
    t.is(receiver.refusals.malformed, 1);
    t.is((await call(session, [frame(smallRequest(1))])).code, 0);
    t.is(names.length, 1);
  });
}

test('each compression that is named is read, and a plain message whatever is named', async (t) => {
  const { session, names } = await open(t);
  const body = smallRequest(1);
  for (const [coding, sent] of [
    ['gzip', frame(gzipSync(body), { compressed: 1 })],
    ['deflate', frame(deflateSync(body), { compressed: 1 })],
    ['gzip', frame(body)],
    ['zstd', frame(body)],
  ] as const)
    t.is((await call(session, [sent], { 'grpc-encoding': coding })).code, 0, coding);
  t.is(names.length, 4);
});

test('a message that is too large is refused by what it says of itself, before it is read', async (t) => {
  const { session, receiver } = await open(t, { maxBytes: 1_000 });
  const lies = await call(session, [frame(Buffer.alloc(1), { length: 2 ** 31 })]);
  t.is(lies.code, 8);
  t.regex(lies.message, /larger than 1000 bytes/);
  t.is(
    (await call(session, [frame(gzipSync(Buffer.alloc(5_000)), { compressed: 1 })], { 'grpc-encoding': 'gzip' })).code,
    8,
  );
  t.is((await call(session, [frame(Buffer.alloc(1_001))])).code, 8);
  t.is(receiver.refusals['too large'], 3);
});

test('another content type is answered in HTTP, another path in gRPC, and neither reaches the store', async (t) => {
  const { session, receiver } = await open(t);
  const other = await call(session, [frame(smallRequest(1))], { 'content-type': 'application/json' });
  t.deepEqual([other.status, other.code], [415, undefined]);
  const grpcWeb = await call(session, [frame(smallRequest(1))], { 'content-type': 'application/grpcish' });
  t.is(grpcWeb.status, 415);
  const path = await call(session, [frame(smallRequest(1))], { ':path': '/no.Such/Thing' });
  t.is(path.code, 12);
  t.regex(path.message, /there is no \/no\.Such\/Thing/);
  t.is(receiver.requests, 0);
});

test('a host that is not ours is refused, with what to do left to its owner', async (t) => {
  const { session, receiver } = await open(t);
  const evil = await call(session, [frame(smallRequest(1))], { ':authority': 'evil.example:4317' });
  t.is(evil.code, 7);
  t.is(receiver.refusals['for another host'], 1);
  t.is((await call(session, [frame(smallRequest(1))], { ':authority': 'localhost:1' })).code, 0);
});

test('a message in words that a header cannot carry comes through, cut where it is long', async (t) => {
  const { session } = await open(t, {
    onTraces: () => {
      throw new Error(`größer: 100 % "voll"\n${'x'.repeat(5_000)}`);
    },
  });
  const { code, message } = await call(session, [frame(smallRequest(1))]);
  t.is(code, 13);
  t.regex(message, /^größer: 100 % "voll"\nx+$/);
  t.is(message.length, 1_000);
});

test('a caller that goes in the middle of its message leaves nothing behind, and others are served', async (t) => {
  const { session, receiver, names } = await open(t);
  const gone = connect(receiver.grpcUrl).on('error', () => undefined);
  const stream = gone.request({ ':method': 'POST', ':path': TRACES, 'content-type': 'application/grpc' });
  stream.on('error', () => undefined);
  await new Promise<void>((resolve) => stream.write(frame(smallRequest(1)).subarray(0, 8), () => resolve()));
  gone.destroy();
  t.is((await call(session, [frame(smallRequest(1))])).code, 0);
  t.is(names.length, 1);
});

test('when the receiver closes, calls under way end with it', async (t) => {
  const { session, receiver } = await open(t);
  const hold = { silent: true };
  (receiver as Receiver).faults = hold;
  const waiting = call(session, [frame(smallRequest(1))]).catch((error: Error) => error);
  await receiver.arrived(1);
  await receiver.close();
  const ended = await waiting;
  t.true(ended instanceof Error || ended.code === undefined);
});
