import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { decodeTraces } from '../../src/dev/decode.js';
import { decodeLogs, decodeMetrics } from '../../src/dev/decode-others.js';
import { emptyRequest, newIds, testRequest } from '../../src/diagnose/collector/payload.js';
import { addressesOf, handshake, placeOf, reach } from '../../src/diagnose/collector/place.js';
import { clockAhead, isAnswered } from '../../src/diagnose/collector/speak.js';
import { refused } from '../helpers/raw.js';
import { write } from './set-up.js';

const ITEM = { service: 'shop', name: 'kf-cluster doctor', ...newIds() };
const ACCEPTED = { type: 'accepted', rejected: 0, message: '' } as const;

test('where a request goes: names, ports, addresses of version 6, socket files', (t) => {
  for (const [url, place] of [
    ['http://c', { host: 'c', port: 80, secure: false }],
    ['https://c', { host: 'c', port: 443, secure: true }],
    ['http://[::1]:4317/x', { host: '::1', port: 4317, secure: false }],
    ['unix:///run/otel.sock', { host: '/run/otel.sock', path: '/run/otel.sock', secure: false }],
    ['unix:/run/otel.sock', { path: '/run/otel.sock' }],
  ] as const)
    t.like(placeOf(url), place, url);
});

async function listen(t: ExecutionContext, server: Server, at: number | string = 0): Promise<number> {
  if (typeof at === 'number') server.listen(at, '127.0.0.1');
  else server.listen(at);
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return typeof at === 'number' ? (server.address() as AddressInfo).port : 0;
}

test('an address is reached, refused, or is a socket file that is there or not', async (t) => {
  const port = await listen(t, createTcp());
  const at = (url: string) => reach(placeOf(url), '127.0.0.1', 5_000);
  t.deepEqual(await at(`http://x:${port}`), { address: '127.0.0.1', error: undefined });
  const path = join(write(t, {}), 's.sock');
  t.is((await at(`unix:${path}`)).error, 'ENOENT');
  await listen(t, createTcp(), path);
  t.is((await at(`unix:${path}`)).error, undefined);
  const gone = createTcp();
  const free = await listen(t, gone);
  gone.close();
  await refused({ port: free, host: '127.0.0.1' });
  t.is((await at(`http://x:${free}`)).error, 'ECONNREFUSED');
  t.deepEqual(await addressesOf(placeOf('http://192.0.2.7:1'), 1), ['192.0.2.7'], 'an address is not looked up');
  t.deepEqual(await addressesOf(placeOf(`unix:${path}`), 1), [path]);
});

test('a handshake with what speaks no TLS, ends, or says nothing has a code and comes to an end', async (t) => {
  const hands = async (onSocket: (socket: Socket) => void, ms: number) => {
    const port = await listen(
      t,
      createTcp((socket) => onSocket(socket.on('error', () => undefined))),
    );
    return (await handshake(placeOf(`https://127.0.0.1:${port}`), {}, ms)).code;
  };
  t.is(
    await hands((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 5_000),
    'ERR_SSL_WRONG_VERSION_NUMBER',
  );
  t.is(await hands((socket) => void socket.destroy(), 5_000), 'ECONNRESET');
  t.is(await hands(() => undefined, 20), 'TIMEOUT');
});

test('an answer shows a receiver by its status, and a connection that fails shows none', (t) => {
  for (const [outcome, answered] of [
    [ACCEPTED, true],
    [{ type: 'retry', reason: 'gRPC status 14: x' }, true],
    [{ type: 'retry', reason: 'HTTP status 503' }, true],
    [{ type: 'retry', reason: 'ECONNREFUSED' }, false],
    [{ type: 'held', reason: 'HTTP status 401' }, true],
    [{ type: 'held', reason: 'gRPC status 7: x' }, true],
    [{ type: 'held', reason: 'HTTP status 404' }, false],
    [{ type: 'held', reason: 'gRPC status 12: x' }, false],
  ] as const)
    t.is(isAnswered(outcome as Parameters<typeof isAnswered>[0]), answered, JSON.stringify(outcome));
});

test('how far the clock of a server is ahead, and nothing of one that has none or is gone', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/') response.sendDate = false;
    if (request.headers.host?.startsWith('127'))
      response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString());
    response.end();
  });
  const port = await listen(t, server);
  const config = { headers: {} } as Parameters<typeof clockAhead>[1];
  const ahead = await clockAhead(`http://127.0.0.1:${port}/v1/traces`, config, 5_000);
  t.true(Math.abs((ahead ?? 0) - 3_600_000) < 60_000, `${ahead}`);
  t.is(await clockAhead(`http://localhost:${port}/v1/traces`, config, 5_000), undefined);
  server.close();
  server.closeAllConnections();
  await refused({ port, host: '127.0.0.1' });
  t.is(await clockAhead(`http://127.0.0.1:${port}/`, config, 5_000), undefined);
});

test('what is sent to a collector is one item of each signal, by either encoding, that is found at the other end', (t) => {
  for (const json of [false, true]) {
    const encoding = json ? 'json' : 'protobuf';
    const [span] = decodeTraces(testRequest('traces', ITEM, json), encoding);
    t.like(span, { traceId: ITEM.traceId, spanId: ITEM.spanId, name: ITEM.name, kind: 'internal' });
    t.is(span?.resource.attributes['service.name'], 'shop');
    const [log] = decodeLogs(testRequest('logs', ITEM, json), encoding);
    t.like(log, { traceId: ITEM.traceId, body: ITEM.name, severity: 9 });
    const [metric] = decodeMetrics(testRequest('metrics', ITEM, json), encoding);
    t.like(metric, { name: ITEM.name, kind: 'gauge' });
    t.is(metric?.points[0]?.value, 1);
    t.deepEqual(decodeTraces(emptyRequest(json), encoding), []);
  }
});
