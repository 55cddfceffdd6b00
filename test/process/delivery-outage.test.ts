import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { accounts, BRIEF, collector, once, oneWorker, spansApp } from '../helpers/delivery.js';
import '../helpers/json-log.js';
import { grpcSink } from '../helpers/otlp-sink.js';
import { filesBelow, tempDir } from '../helpers/spool.js';

test('an outage in full service: it is told once, and every span arrives when the collector is back', async (t) => {
  const { receiver, store, received } = await collector(t);
  const dir = join(tempDir(t), 'spool');
  const cluster = spansApp(t, receiver.grpcUrl, ['-w', '2', '--spool-dir', dir, '--delivery', 'journal']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  await receiver.pause();
  for (let round = 0; round < 20; round += 1) await oneWorker(port).end(500);
  await cluster.event('collector-away');
  t.is(statSync(dir).mode & 0o777, 0o700);
  await receiver.resume();
  await received(10_000);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.like(accounts(cluster), { exported: 10_000, spooled: 0, dropped: 0, pending: 0 });
  t.true(once(store));
  t.deepEqual(filesBelow(dir), []);
});

test('the collector is down at the stop: nothing is lost, and the next start delivers', async (t) => {
  const { receiver, store, received } = await collector(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  const first = spansApp(t, receiver.grpcUrl, ['-w', '2', '--spool-dir', dir, ...BRIEF]);
  const [, port = ''] = await first.line(/^listening (\d+)/);
  await first.ready(2);
  for (let round = 0; round < 10; round += 1) await oneWorker(port).end(100);
  first.kill('SIGTERM');
  t.is((await first.exit).code, 0);
  t.like(accounts(first), { exported: 0, spooled: 1000, dropped: 0, pending: 0 });
  t.regex(
    first.stderr(),
    /the collector has not taken 1000 spans within --flush-timeout: they wait for the next start/,
  );
  t.deepEqual(first.events('late-flush', { signal: 'traces' }), []);
  await receiver.resume();
  const second = spansApp(t, receiver.grpcUrl, ['-w', '2', '--spool-dir', dir]);
  await received(1000);
  await second.ready(2);
  second.kill('SIGTERM');
  t.is((await second.exit).code, 0);
  t.like(accounts(second), { exported: 1000, recovered: 1000, spooled: 0, dropped: 0 });
  t.true(once(store));
  t.deepEqual(filesBelow(dir), []);
});

test('the collector is down in a reload: nobody waits for it, and the next workers send what was left', async (t) => {
  const { receiver, store } = await collector(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  const patient = ['--flush-timeout', '10m'];
  const cluster = spansApp(t, receiver.grpcUrl, ['-w', '2', '--spool-dir', dir, ...patient]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  for (let round = 0; round < 10; round += 1) await oneWorker(port).end(100);
  cluster.kill('SIGHUP');
  await cluster.event('reload-done');
  t.like(accounts(cluster), { exported: 0, spooled: 1000, dropped: 0, pending: 0 });
  await receiver.resume();
  // Those of the supervisor's own life come too.
  const ended = () => store.spans().filter(({ name }) => name.startsWith('span ')).length;
  await store.waitFor(() => ended() === 1000);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.like(accounts(cluster), { spooled: 1000, recovered: 1000, dropped: 0, pending: 0 });
  t.is(ended(), 1000);
  t.true(once(store));
  t.deepEqual(filesBelow(dir), []);
});

test('two supervisors with one spool directory send nothing twice', async (t) => {
  const { receiver, store, received } = await collector(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  const both = (...args: string[]) =>
    [0, 1].map(() => spansApp(t, receiver.grpcUrl, ['-w', '2', '--spool-dir', dir, ...args]));
  const first = both(...BRIEF);
  for (const cluster of first) {
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(2);
    for (let round = 0; round < 10; round += 1) await oneWorker(port).end(100);
  }
  for (const cluster of first) cluster.kill('SIGTERM');
  for (const cluster of first) t.is((await cluster.exit).code, 0);
  await receiver.resume();
  const second = both();
  await received(2000);
  for (const cluster of second) {
    await cluster.ready(2);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  }
  t.is(store.spans().length, 2000);
  t.true(once(store));
  t.deepEqual(filesBelow(dir), []);
});

test('a worker is killed during the stop, and no other is left: a flush process sends what it had in its journal', async (t) => {
  const { receiver, store } = await collector(t);
  const dir = join(tempDir(t), 'spool');
  await receiver.pause();
  const cluster = spansApp(t, receiver.grpcUrl, ['-w', '1', '--spool-dir', dir, '--delivery', 'journal']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const worker = oneWorker(port);
  const pid = await worker.end(500);
  void worker.leave('/hold');
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  await cluster.event('stopping', { signal: 'SIGTERM' });
  process.kill(pid, 'SIGKILL');
  await receiver.resume();
  await cluster.exit;
  t.true(cluster.events('worker-exit', { signal: 'SIGKILL' }).length > 0);
  t.is(cluster.events('late-flush', { signal: 'traces', exported: 501, spooled: 0 }).length, 1);
  t.is(store.spans().filter(({ name }) => name.startsWith('span ')).length, 500);
  t.is(store.spans().filter(({ name }) => name === 'kf.worker.exit').length, 1);
  t.true(once(store));
  t.deepEqual(filesBelow(dir), []);
});

test('a collector that accepts and never answers: no flush process tries it again after the flush', async (t) => {
  const { receiver, store, received } = await collector(t);
  receiver.faults = { silent: true };
  const dir = join(tempDir(t), 'spool');
  const first = spansApp(t, receiver.grpcUrl, ['-w', '1', '--spool-dir', dir, ...BRIEF]);
  const [, port = ''] = await first.line(/^listening (\d+)/);
  await oneWorker(port).end(100);
  first.kill('SIGTERM');
  t.is((await first.exit).code, 0);
  t.is(first.events('worker-flushed', { spans_exported: 0, spans_spooled: 100, spans_dropped: 0 }).length, 1);
  t.deepEqual(first.events('late-flush', { signal: 'traces' }), []);
  receiver.faults = {};
  spansApp(t, receiver.grpcUrl, ['-w', '1', '--spool-dir', dir]);
  await received(100);
  t.true(once(store));
});

test('a worker that was killed in the stop beside one whose flush failed: the collector is not asked again', async (t) => {
  const { receiver } = await collector(t);
  receiver.faults = { silent: true };
  const dir = join(tempDir(t), 'spool');
  const cluster = spansApp(t, receiver.grpcUrl, ['-w', '2', '--spool-dir', dir, '--delivery', 'journal', ...BRIEF]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  const [killed, other] = [oneWorker(port), oneWorker(port)];
  const pid = await killed.end(10);
  while ((await other.end(10)) === pid) other.reconnect();
  other.reconnect();
  void killed.leave('/hold');
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  await cluster.event('stopping', { signal: 'SIGTERM' });
  process.kill(pid, 'SIGKILL');
  await cluster.exit;
  t.is(cluster.events('left-in-spool').length, 1);
  t.deepEqual(cluster.events('late-flush', { signal: 'traces' }), []);
});

test('memory: no file is made, and what was not delivered is named as dropped', async (t) => {
  const { receiver } = await collector(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  const cluster = spansApp(t, receiver.grpcUrl, ['-w', '1', '--spool-dir', dir, '--delivery', 'memory', ...BRIEF]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await oneWorker(port).end(100);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.like(accounts(cluster), { exported: 0, spooled: 0, dropped: 100, pending: 0 });
  t.is(cluster.events('not-delivered', { signal: 'traces', cause: 'expired', spans: 100 }).length, 1);
  t.false(existsSync(dir));
});

test('a worker without its working directory and its variables reaches the collector, with the headers of its start', async (t) => {
  const sink = await grpcSink();
  t.teardown(() => sink.close());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of the start' };
  const flags = ['-w', '1', '--no-auto-instrumentation', '--spool-dir', join(tempDir(t), 'spool')];
  const cluster = kfCluster(t, ['start', fixture('apps/stripped.cjs'), ...flags], { env });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await oneWorker(port).end(10);
  await sink.until((spans) => spans.filter(({ name }) => name.startsWith('span ')).length === 10);
  t.is(sink.headers[0]?.['x-key'], 'of the start');
  t.deepEqual(cluster.events('collector-away'), []);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
