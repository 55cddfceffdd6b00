import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import grpc from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import type { HelperMessage } from '../../src/dev/helper-messages.js';
import { startReceiver } from '../../src/dev/receiver.js';
import { onLinux } from '../helpers/linux.js';
import { field, int, keyValue, SPAN_ID, TRACE_ID } from '../helpers/otlp-bytes.js';
import { JSON_TYPE, PROTOBUF, post, sendGrpc } from '../helpers/otlp-client.js';
import { OWN_PLACE } from '../helpers/own-place.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

const script = fileURLToPath(new URL('../../src/dev/receiver-process.js', import.meta.url));

test('attributes, names and slots of a hostile sender: every trace is one harmless line, and the receiver lives', async (t) => {
  const { url, finish } = await receiverProcess(t);
  const list = (...keys: string[]) => field(6, ...keys.map((key) => keyValue(1, key, field(1, 'x'))));
  const traps = [list('toString', '__proto__', 'valueOf'), field(5, field(1, list('toString')))];
  const keys = ['http.request.method', 'http.route', 'http.response.status_code', 'exception.message', '__proto__'];
  for (const trap of traps) {
    const attributes = keys.map((key) => keyValue(9, key, trap));
    const of = ['kf.worker.slot', 'service.name', 'service.instance.id', 'process.pid'];
    const resource = field(1, ...of.map((key) => keyValue(1, key, trap)));
    t.is((await post(url, spanRequest(resource, ...attributes), PROTOBUF)).status, 200);
  }
  const forged = field(1, keyValue(1, 'kf.worker.slot', field(1, '1\nworker 2  GET / 200')));
  const name = `a\u2028worker 3\u2029b\u001b[31m\u202e${'x'.repeat(2 << 20)}`;
  t.is((await post(url, spanRequest(forged, field(5, name)), PROTOBUF)).status, 200);
  const { output, counts } = await finish();
  // The receiver listens on the default ports, where apps of other tests may send their spans meanwhile.
  const lines = output.split('\n').filter((line) => line.includes('trace 00000000…'));
  t.is(lines.length, 3, output);
  for (const line of lines) {
    t.true(line.length < 1_000);
    t.false(['\u2028', '\u2029', '\u001b', '\u202e'].some((one) => line.includes(one)));
    t.notRegex(line, /^worker \d/);
  }
  const ours = counts.workers.filter(({ pid }) => pid === undefined);
  t.true(ours.length > 0 && ours.every(({ slot }) => slot === undefined));
  t.true(counts.received >= 3);
});

for (const [name, of] of Object.entries({
  'empty messages in protobuf': () => [Buffer.alloc(15 << 20, Buffer.from([0x0a, 0])), PROTOBUF] as const,
  'empty messages in JSON': () => [Buffer.from(`{"resourceSpans":[${'{},'.repeat(4 << 20)}{}]}`), JSON_TYPE] as const,
  'a small gzip of very much': () =>
    [gzipSync(Buffer.alloc(60 << 20, Buffer.from([0x0a, 0]))), { ...PROTOBUF, 'content-encoding': 'gzip' }] as const,
  'a small gzip of empty messages': () =>
    [gzipSync(Buffer.alloc(15 << 20, Buffer.from([0x0a, 0]))), { ...PROTOBUF, 'content-encoding': 'gzip' }] as const,
})) {
  test(`${name}: refused as too large before it takes memory, and counted`, async (t) => {
    if (!onLinux(t, '/proc')) return;
    const { pid, url, finish } = await receiverProcess(t);
    const [body, headers] = of();
    const before = peakOf(pid);
    const answers = await Promise.all(Array.from({ length: 4 }, () => post(url, body, headers)));
    for (const answer of answers) t.true([413, 503].includes(answer.status), String(answer.status));
    const grown = peakOf(pid) - before;
    t.log(`${grown} MB`);
    t.true(grown < 250, `${grown} MB`);
    const { refusals } = (await finish()).counts;
    t.is((refusals?.['too large'] ?? 0) + (refusals?.['at a bad time'] ?? 0), 4);
  });
}

for (const [name, of] of Object.entries({
  'empty messages over gRPC': () => [Buffer.alloc(15 << 20, Buffer.from([0x0a, 0])), {}] as const,
  'a small gzip of empty messages over gRPC': () =>
    [Buffer.alloc(15 << 20, Buffer.from([0x0a, 0])), { gzip: true }] as const,
  'a small gzip of very much over gRPC': () =>
    [Buffer.alloc(40 << 20, Buffer.from([0x0a, 0])), { gzip: true }] as const,
})) {
  test(`${name}: eight at once are refused before they take memory, and counted`, async (t) => {
    if (!onLinux(t, '/proc')) return;
    const { pid, grpcUrl, finish } = await receiverProcess(t);
    const [body, options] = of();
    const before = peakOf(pid);
    const answers = await Promise.all(Array.from({ length: 8 }, () => sendGrpc(grpcUrl, body, options)));
    for (const { code } of answers) t.true([8, 14].includes(code), String(code));
    const grown = peakOf(pid) - before;
    t.log(`${grown} MB`);
    t.true(grown < 250, `${grown} MB`);
    const { refusals } = (await finish()).counts;
    t.is((refusals?.['too large'] ?? 0) + (refusals?.['at a bad time'] ?? 0), 8);
  });
}

test('calls that never end hold a bounded amount, and what they held is given back', async (t) => {
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: () => undefined });
  t.teardown(() => receiver.close());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(15 << 20, 1);
  const clients = Array.from({ length: 8 }, () => connect(receiver.grpcUrl));
  t.teardown(() => clients.forEach((client) => void client.destroy()));
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const opened = clients.map((client) => {
    const call = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    call.on('error', () => undefined).write(Buffer.concat([head, Buffer.alloc(14 << 20)]));
    return call;
  });
  // Four of 14 MB fit in 64 MB.
  const refused = await Promise.race(
    opened.map(async (call) => ((await once(call, 'response')) as [Record<string, string>])[0]['grpc-status']),
  );
  t.is(refused, String(grpc.status.UNAVAILABLE));
  t.true(receiver.refusals['at a bad time'] >= 1);
  for (const client of clients) client.destroy();
  const answer = await untilTaken(receiver.grpcUrl);
  t.is(answer, 0);
});

/** Whoever was read has to be seen gone first. */
async function untilTaken(url: string): Promise<number> {
  for (;;) {
    const { code } = await sendGrpc(url, Buffer.alloc(0));
    if (code !== grpc.status.UNAVAILABLE) return code;
  }
}

test('a million spans with a resource each leave the store within its bytes, over gRPC too', async (t) => {
  const store = createStore({ maxBytes: 1 << 20 });
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  for (let round = 0; round < 20; round++) {
    const group = (index: number) => {
      const resource = field(1, keyValue(1, 'service.instance.id', field(1, `${round}-${index}`)));
      return spanRequest(resource, field(5, 'n'.repeat(1_000)), idOf(1 + round * 100 + index));
    };
    const body = Buffer.concat(Array.from({ length: 100 }, (_, index) => group(index)));
    t.is((await sendGrpc(receiver.grpcUrl, body)).code, 0);
  }
  const { received, evicted, workers } = store.counts();
  t.is(received, 2_000);
  t.true(evicted > 1_000);
  t.is(workers.length, 1_001);
  t.is(
    (await sendGrpc(receiver.grpcUrl, Buffer.alloc(4 << 20, Buffer.from([0x0a, 0])))).code,
    grpc.status.RESOURCE_EXHAUSTED,
  );
  t.is((await sendGrpc(receiver.grpcUrl, Buffer.alloc(60 << 20), { gzip: true })).code, grpc.status.RESOURCE_EXHAUSTED);
});

test('a page whose name was made to lead here is refused, over HTTP and gRPC; an address or localhost is not', async (t) => {
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: () => undefined });
  t.teardown(() => receiver.close());
  const { port } = new URL(receiver.httpUrl);
  for (const [host, status] of [
    ['evil.example:4318', 403],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    [`localhost:${port}`, 200],
    ['app.localhost', 200],
    ['[::1]:4318', 200],
    [`127.0.0.1:${port}`, 200],
  ] as const) {
    t.is(await statusFor(port, host), status, host);
  }
  const client = new grpc.Client(new URL(receiver.grpcUrl).host, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'evil.example',
  });
  t.teardown(() => client.close());
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const raw = (bytes: Buffer) => bytes;
  const code = await new Promise((resolve) => {
    client.makeUnaryRequest(path, raw, raw, Buffer.alloc(0), (error) => resolve(error?.code));
  });
  t.is(code, grpc.status.PERMISSION_DENIED);
  t.is(receiver.refusals['for another host'], 4);
});

test('a content type or coding that is a name of every object is refused as any other that is not known', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: () => undefined });
  t.teardown(() => receiver.close());
  const url = `${receiver.httpUrl}/v1/traces`;
  for (const name of ['constructor', 'toString', '__proto__']) {
    t.is((await post(url, '{}', { 'content-type': name })).status, 415, name);
    t.is((await post(url, '{}', { ...JSON_TYPE, 'content-encoding': name })).status, 415, name);
  }
  const odd = ['{"toString":1}', '{"low":"x","high":1,"unsigned":true}', '{"low":1,"high":0.5,"unsigned":true}'];
  for (const value of odd) {
    const spans = `[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}","kind":${value},"startTimeUnixNano":${value}}]`;
    t.is((await post(url, `{"resourceSpans":[{"scopeSpans":[{"spans":${spans}}]}]}`, JSON_TYPE)).status, 400, value);
  }
  t.is(receiver.refusals.malformed, 9);
});

let spans = 0;
const idOf = (id: number) => field(2, Buffer.from(id.toString(16).padStart(16, '0'), 'hex'));

/** A request with one span of a trace of its own. */
function spanRequest(resource: Buffer, ...fields: Buffer[]): Buffer {
  spans += 1;
  const traceId = field(1, Buffer.from(spans.toString(16).padStart(32, '0'), 'hex'));
  return field(1, resource, field(2, field(2, traceId, field(2, Buffer.from(SPAN_ID, 'hex')), ...fields, int(6, 2))));
}

async function receiverProcess(t: ExecutionContext) {
  const env = { PATH: process.env.PATH, ...OWN_PLACE };
  const helper = fork(script, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  t.teardown(() => helper.kill('SIGKILL'));
  const output = text(helper.stdout as NonNullable<ChildProcess['stdout']>);
  const [listening] = (await once(helper, 'message')) as [HelperMessage & { type: 'listening' }];
  const finish = async () => {
    helper.send({ type: 'finish' });
    const [summary] = (await once(helper, 'message')) as [HelperMessage & { type: 'summary' }];
    return { output: await output, counts: summary.counts };
  };
  return { pid: helper.pid!, grpcUrl: listening.grpcUrl, url: `${listening.httpUrl}/v1/traces`, finish };
}

/** The most that a process has had in memory, in MB. */
function peakOf(pid: number): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

/** `fetch` sets the Host header itself. */
function statusFor(port: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { ...PROTOBUF, host };
    const sent = request({ port, method: 'POST', path: '/v1/traces', headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject).end();
  });
}
