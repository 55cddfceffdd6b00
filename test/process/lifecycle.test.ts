import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SpanRecord } from '../../src/dev/model.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { collector, once } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import { tempDir } from '../helpers/spool.js';

test('a reload is a span with a child for each slot, once', async (t) => {
  const { cluster, spans, store } = await start(t, ['-w', '2']);
  await cluster.ready(2);
  cluster.kill('SIGHUP');
  await cluster.event('reload-done', { generation: 2 });
  await store.waitFor(() => spans('kf.reload').length > 0);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const [reload, ...more] = spans('kf.reload');
  t.deepEqual(more, []);
  t.like(reload?.attributes, {
    'kf.reload.generation': 2,
    'kf.reload.from_generation': 1,
    'kf.reload.outcome': 'done',
    'kf.reload.rolled_back': false,
  });
  t.is(reload?.status.code, 'unset');
  t.is(reload?.parentSpanId, undefined);
  const slots = spans('kf.reload.slot');
  t.deepEqual(slots.map(({ attributes }) => attributes['kf.worker.slot']).toSorted(), [0, 1]);
  for (const slot of slots) {
    t.is(slot.parentSpanId, reload?.spanId);
    t.like(slot.attributes, { 'kf.reload.outcome': 'done', 'kf.worker.generation': 2 });
    t.deepEqual(
      slot.events.map(({ name }) => name),
      ['ready'],
    );
    t.true(reload!.startNs <= slot.startNs && slot.startNs < slot.endNs && slot.endNs <= reload!.endNs);
  }
  t.deepEqual(spans('kf.worker.exit'), [], 'what was planned is no incident');
  t.true(once(store));
});

test('a reload that is taken back says so, with the error of the new worker and no other line of its log', async (t) => {
  const { cluster, spans, store, broken } = await start(t, ['-w', '2']);
  await cluster.ready(2);
  writeFileSync(broken, '');
  cluster.kill('SIGHUP');
  await cluster.event('reload-failed', { generation: 2 });
  await store.waitFor(() => spans('kf.reload').length > 0 && spans('kf.worker.exit').length > 0);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const [reload] = spans('kf.reload');
  t.like(reload?.attributes, { 'kf.reload.outcome': 'rolled_back', 'kf.reload.rolled_back': true });
  t.is(reload?.attributes['error.type'], 'boot-failed');
  t.is(reload?.status.code, 'error');
  const [slot] = spans('kf.reload.slot');
  t.like(slot?.attributes, { 'kf.worker.slot': 0, 'kf.reload.outcome': 'failed', 'process.exit.code': 1 });
  for (const span of [reload, slot, spans('kf.worker.exit')[0]]) {
    const [exception] = span?.events.filter(({ name }) => name === 'exception') ?? [];
    t.is(exception?.attributes['exception.message'], 'Error: broken on purpose');
    t.notRegex(
      JSON.stringify(span, (_, value) => (typeof value === 'bigint' ? 0 : value)),
      /hunter2/,
    );
  }
  t.is(spans('kf.reload').length + spans('kf.reload.slot').length + spans('kf.worker.exit').length, 3);
  t.true(once(store));
});

test('a stop right behind a reload, and one in the middle of it, lose nothing of the story', async (t) => {
  const { cluster, spans, store } = await start(t, ['-w', '2', '--canary-time', '1m']);
  await cluster.ready(2);
  cluster.kill('SIGHUP');
  await cluster.eventTimes('worker-ready', 3);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const [reload] = spans('kf.reload');
  t.like(reload?.attributes, { 'kf.reload.outcome': 'stopped', 'kf.reload.rolled_back': false });
  t.is(spans('kf.reload.slot').length, 1);

  const other = await start(t, ['-w', '1', '--canary-time', '0']);
  await other.cluster.ready(1);
  other.cluster.kill('SIGHUP');
  await other.cluster.event('reload-done', { generation: 2 });
  other.cluster.kill('SIGTERM');
  t.is((await other.cluster.exit).code, 0);
  t.like(other.spans('kf.reload')[0]?.attributes, { 'kf.reload.outcome': 'done' });
  t.is(other.spans('kf.reload').length, 1);
  t.true(once(store) && once(other.store));
});

for (const delivery of ['spool', 'memory']) {
  test(`no worker of the first generation gets ready: the flush process sends it all, once, with --delivery ${delivery}`, async (t) => {
    const { cluster, spans, store, broken } = await start(t, ['-w', '2', '--delivery', delivery], 'broken');
    t.is((await cluster.exit).code, 70);
    const exits = cluster.events('worker-exit', { code: 1 }).length;
    t.true(exits > 2);
    t.is(spans('kf.worker.exit').length, exits, cluster.stderr());
    const [loop, ...more] = spans('kf.crash_loop');
    t.deepEqual(more, []);
    t.like(loop?.attributes, { 'kf.crash_loop.scope': 'cluster', 'kf.crash_loop.forks': exits });
    t.is(loop?.status.message, 'no worker ever became ready');
    t.is(loop?.resource.attributes['kf.worker.slot'], undefined);
    t.is(loop?.resource.attributes['service.name'], spans('kf.worker.exit')[0]?.resource.attributes['service.name']);
    t.true(loop!.startNs < loop!.endNs);
    t.true(once(store));
    rmSync(broken);
  });
}

test('a slot that keeps crashing is given up: a crash loop from its first crash on, recorded by the last worker or the flush process', async (t) => {
  const { cluster, spans } = await start(t, ['-w', '1', '--max-restarts', '2', '--backoff', '1ms..1ms']);
  for (let round = 1; round <= 3; round += 1) {
    const listening = await cluster.lineTimes(/^listening (\d+)/, round);
    await cluster.eventTimes('worker-ready', round, { slot: 0 });
    await t.throwsAsync(get(listening.at(-1)![1]!, '/crash'));
    await cluster.eventTimes('worker-exit', round, { slot: 0, code: 1 });
  }
  t.is((await cluster.exit).code, 70);
  t.is(spans('kf.worker.exit').length, 3);
  for (const { attributes, events } of spans('kf.worker.exit')) {
    t.like(attributes, { 'kf.worker.exit.reason': 'crash', 'process.exit.code': 1, 'kf.worker.slot': 0 });
    t.regex(String(events[0]?.attributes['exception.message']), /^SyntaxError: Unexpected token/);
  }
  const scopes = spans('kf.crash_loop').map(({ attributes }) => attributes['kf.crash_loop.scope']);
  t.deepEqual(scopes.toSorted(), ['cluster', 'slot']);
  const slot = spans('kf.crash_loop').find(({ attributes }) => attributes['kf.crash_loop.scope'] === 'slot');
  t.like(slot?.attributes, { 'kf.crash_loop.restarts': 2, 'kf.worker.slot': 0 });
  t.is(slot?.startNs, first(spans('kf.worker.exit')));
  // No word of duplicates: what a worker was just sending when it crashed is sent again, as the same span.
});

test('the collector is down meanwhile: the story waits in the spool for the next start', async (t) => {
  const dir = join(tempDir(t), 'spool');
  const { cluster, receiver, spans, store } = await start(t, ['-w', '1', '--spool-dir', dir]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  await receiver.pause();
  get(port, '/hold').catch((error) => t.is(error.code, 'ECONNRESET'));
  const [, pid = ''] = await cluster.line(/^holding (\d+)/);
  cluster.kill('SIGTERM');
  await cluster.event('stopping', { signal: 'SIGTERM' });
  process.kill(Number(pid), 'SIGKILL');
  await cluster.exit;
  t.deepEqual(spans('kf.worker.exit'), []);
  await receiver.resume();
  const again = kfCluster(t, ['start', fixture('apps/breakable.cjs'), '-w', '1', '--spool-dir', dir], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  await store.waitFor(() => spans('kf.worker.exit').length > 0);
  again.kill('SIGTERM');
  t.is((await again.exit).code, 0);
  const [exit] = spans('kf.worker.exit');
  t.like(exit?.attributes, { 'kf.worker.exit.signal': 'SIGKILL', 'kf.worker.pid': Number(pid) });
  t.is(spans('kf.worker.exit').length, 1);
  t.true(once(store));
});

function first(spans: readonly SpanRecord[]): bigint | undefined {
  return spans.map(({ startNs }) => startNs).toSorted((a, b) => Number(a - b))[0];
}

/** An app that can be broken from here on, and a collector that hears of it. */
async function start(t: ExecutionContext, args: readonly string[], state: 'whole' | 'broken' = 'whole') {
  const { receiver, store } = await collector(t);
  const broken = join(tempDir(t), 'broken');
  if (state === 'broken') writeFileSync(broken, '');
  const cluster = kfCluster(t, ['start', fixture('apps/breakable.cjs'), '--flush-timeout', '30s', ...args], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, BROKEN: broken },
  });
  const spans = (name: string) => store.spans().filter((span) => span.name === name);
  return { cluster, receiver, store, spans, broken };
}
