import test, { type ExecutionContext } from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { serve } from '../helpers/drain.js';
import { openRaw, refused } from '../helpers/raw.js';

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

async function stubborn(t: ExecutionContext) {
  const flags = ['-w', '1', '--no-telemetry', '--drain-timeout', '10m'];
  const cluster = kfCluster(t, ['start', fixture('drain/stubborn.cjs'), ...flags]);
  const [, port = '', worker = ''] = await cluster.line(/^listening (\d+) (\d+)/);
  await cluster.ready(1);
  return { cluster, at: { port: Number(port), host: '127.0.0.1' }, worker: Number(worker) };
}

for (const path of ['/set', '/object', '/flat', '/pairs']) {
  test(`an app's own keep-alive gives way to the drain: ${path}`, async (t) => {
    const { cluster, at } = await stubborn(t);
    const client = await openRaw(at);
    client.send(ask(path));
    t.regex(await client.until(/ok\r\n0\r\n\r\n$|ok$/), /Connection: keep-alive/i);
    cluster.kill('SIGTERM');
    await refused(at);
    // Two more in one piece: neither is lost, and the second is the last.
    client.send(ask(path) + ask(path));
    const text = await client.ended;
    t.is(text.match(/HTTP\/1.1 200/g)?.length, 3);
    t.is(text.match(/Connection: close/gi)?.length, 1);
    t.is(text.match(/X-Own: kept/g)?.length, path === '/flat' ? 3 : undefined);
    t.deepEqual(await cluster.exit, { code: 0, signal: null });
  });
}

test('a request in flight when the drain begins is overruled too; an upgrade that is offered is not', async (t) => {
  const { cluster, at, worker } = await stubborn(t);
  const [client, other] = [await openRaw(at), await openRaw(at)];
  other.send(ask('/set'));
  await other.until(/ok$/);
  client.send(ask('/hold'));
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  await refused(at);
  other.send(ask('/upgrade'));
  t.regex(await other.until(/426[\s\S]*ok/), /Connection: Upgrade/);
  process.kill(worker, 'SIGUSR2');
  t.regex(await client.ended, /Connection: close[\s\S]*ok$/);
  other.send(ask('/set'));
  await other.ended;
  t.is((await cluster.exit).code, 0);
});

test('HTTP/1 connections of an http2 server are drained like any others', async (t) => {
  const cluster = await serve(t, 'h2', { HTTP1: 'yes' });
  const at = { port: cluster.port, host: '127.0.0.1' };
  const [idle, busy, late] = await Promise.all([openRaw(at, true), openRaw(at, true), openRaw(at, true)]);
  for (const client of [idle, late]) {
    client.send(ask('/'));
    await client.until(/ok$/);
  }
  busy.send(ask('/hold'));
  await cluster.line(/^holding 1/);
  cluster.kill('SIGTERM');
  await refused(at);
  late.send(ask('/') + ask('/'));
  t.is((await late.ended).match(/HTTP\/1.1 200/g)?.length, 3);
  process.kill(cluster.worker, 'SIGUSR2');
  t.regex(await busy.ended, /Connection: close[\s\S]*released$/);
  await idle.ended; // by the keepAliveTimeout that it has from the drain on, where it has none
  t.is((await cluster.exit).code, 0);
});
