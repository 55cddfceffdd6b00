import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import type { RequestInfo } from '../../src/dev/intake.js';
import { type ReceiverOptions, startReceiver } from '../../src/dev/receiver.js';
import type { Owner } from '../helpers/cluster.js';
import { field, fullRequest, smallRequest, TRACE_ID } from '../helpers/otlp-bytes.js';
import { JSON_TYPE, PROTOBUF, post, sendGrpc } from '../helpers/otlp-client.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

async function start(owner: Owner, options: Partial<ReceiverOptions> = {}) {
  const store = createStore();
  const requests: RequestInfo[] = [];
  const receiver = await startReceiver({
    ...(await receiverPorts()),
    onTraces: (spans, request) => {
      store.add(spans);
      requests.push(request);
    },
    ...options,
  });
  owner.teardown(receiver.close);
  return { receiver, store, requests };
}

const jsonBody = JSON.stringify({
  resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: TRACE_ID, spanId: '00f067aa0ba902b7', name: 'json' }] }] }],
});

for (const gzip of [false, true]) {
  test(`gRPC from a raw client, ${gzip ? 'gzip' : 'plain'}`, async (t) => {
    const { receiver, store, requests } = await start(t);
    const result = await sendGrpc(receiver.grpcUrl, fullRequest(), { gzip, headers: { 'api-key': 'k' } });
    t.is(result.code, 0, result.details);
    t.is(result.body?.length, 0);
    t.is(store.spans()[0]?.name, 'GET /rolldice');
    t.is(requests[0]?.headers['api-key'], 'k');
    t.is(requests[0]?.transport, 'grpc');
  });
}

test('gRPC metrics and logs are taken and counted', async (t) => {
  const { receiver } = await start(t);
  const oneItem = field(1, field(2, field(2, field(1, 'm'))));
  t.is((await sendGrpc(receiver.grpcUrl, oneItem, { signal: 'metrics' })).code, 0);
  t.is((await sendGrpc(receiver.grpcUrl, field(1, field(2, field(2))), { signal: 'logs' })).code, 0);
  t.deepEqual(receiver.counts, {
    traces: { requests: 0, items: 0 },
    metrics: { requests: 1, items: 1 },
    logs: { requests: 1, items: 1 },
  });
});

test('gRPC errors: malformed, unknown service, too large', async (t) => {
  const { receiver } = await start(t, { maxBytes: 10_000 });
  t.is((await sendGrpc(receiver.grpcUrl, Buffer.from([0x0a, 0xff]))).code, 3);
  t.is((await sendGrpc(receiver.grpcUrl, Buffer.alloc(0), { path: '/no.Such/Thing' })).code, 12);
  t.is((await sendGrpc(receiver.grpcUrl, Buffer.alloc(20_000))).code, 8);
  t.is((await sendGrpc(receiver.grpcUrl, smallRequest(1))).code, 0);
});

test('HTTP protobuf and JSON, plain and gzip, are answered in their own encoding', async (t) => {
  const { receiver, store } = await start(t);
  const url = `${receiver.httpUrl}/v1/traces`;
  const bodies = { 'application/x-protobuf': fullRequest(), 'application/json; charset=utf-8': Buffer.from(jsonBody) };
  for (const [type, body] of Object.entries(bodies)) {
    for (const coding of ['identity', 'gzip']) {
      const sent = coding === 'gzip' ? gzipSync(body) : body;
      const response = await post(url, sent, { 'content-type': type, 'content-encoding': coding });
      t.is(response.status, 200);
      t.is(response.headers.get('content-type'), type.split(';')[0] ?? '');
      t.is(await response.text(), type.startsWith('application/json') ? '{}' : '');
    }
  }
  t.deepEqual(store.counts().received + store.counts().duplicates, 4);
  t.is((await post(`${receiver.httpUrl}/v1/metrics`, '{}', JSON_TYPE)).status, 200);
  t.is((await post(`${receiver.httpUrl}/v1/logs`, Buffer.alloc(0), PROTOBUF)).status, 200);
});

test('HTTP errors have their status and say why', async (t) => {
  const { receiver } = await start(t, { maxBytes: 1000 });
  const url = `${receiver.httpUrl}/v1/traces`;
  const cases: [Response, number, RegExp][] = [
    [await post(url, 'x', { 'content-type': 'text/plain' }), 415, /content-type/],
    [await post(url, 'x', { ...PROTOBUF, 'content-encoding': 'br' }), 415, /content-encoding/],
    [await fetch(url), 405, /POST/],
    [await post(`${receiver.httpUrl}/v2/traces`, '{}', JSON_TYPE), 404, /v2/],
    [await post(url, '{"resourceSpans":7}', JSON_TYPE), 400, /resourceSpans/],
    [await post(url, 'not gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' }), 400, /gzip/],
    [await post(url, Buffer.from([0x0a, 0xff]), PROTOBUF), 400, /protobuf/],
    [await post(url, gzipSync(Buffer.alloc(5000)), { ...JSON_TYPE, 'content-encoding': 'gzip' }), 413, /larger/],
    [await post(url, Buffer.alloc(5000), PROTOBUF), 413, /larger/],
  ];
  for (const [response, status, message] of cases) {
    t.is(response.status, status);
    t.regex(await response.text(), message);
  }
  t.is(cases[2]?.[0].headers.get('allow'), 'POST');
  t.is((await post(url, jsonBody, JSON_TYPE)).status, 200, 'still serves');
});

test('a store that throws answers with an error, not with silence', async (t) => {
  const onTraces = () => {
    throw new Error('store is full');
  };
  const { receiver } = await start(t, { onTraces });
  t.is((await sendGrpc(receiver.grpcUrl, smallRequest(1))).code, 13);
  t.is((await post(`${receiver.httpUrl}/v1/traces`, jsonBody, JSON_TYPE)).status, 500);
});

test('a preferred port that is taken is left to its owner', async (t) => {
  const first = await start(t);
  const port = Number(new URL(first.receiver.grpcUrl).port);
  const second = await start(t, { grpcPort: port });
  t.not(second.receiver.grpcUrl, first.receiver.grpcUrl);
  t.is((await sendGrpc(second.receiver.grpcUrl, smallRequest(1))).code, 0);
  t.is(second.store.spans().length, 1);
});

test('garbage on either port hurts nobody', async (t) => {
  const { receiver } = await start(t);
  for (const url of [receiver.grpcUrl, receiver.httpUrl]) {
    await new Promise((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end('\0\0garbage\r\n\r\n'));
      socket.on('error', resolve).on('close', resolve).resume();
    });
  }
  t.is((await sendGrpc(receiver.grpcUrl, smallRequest(1))).code, 0);
  t.is((await post(`${receiver.httpUrl}/v1/traces`, jsonBody, JSON_TYPE)).status, 200);
});
