import { join } from 'node:path';
import test from 'ava';
import type { LogEntry } from '../../src/dev/model.js';
import { kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { allSignals, openShop, sendTo, startShop } from '../helpers/signals.js';
import { filesBelow, tempDir } from '../helpers/spool.js';

const bodies = (logs: readonly LogEntry[]) => logs.map(({ body }) => body);
const CAPTURE = ['--capture-logs', '--log-correlation'];

for (const [protocol, api] of [
  ['grpc', 'otel-api-1.9'],
  ['http/protobuf', 'otel-api-1.10'],
  ['http/json', 'otel-api-1.9'],
] as const) {
  test(`${protocol}, ${api}: what the console prints arrives with the span it was printed in`, async (t) => {
    const { receiver, logs, spans } = await allSignals(t);
    const env = sendTo(receiver, protocol);
    const shop = await openShop(t, { fixture: 'app.cjs', api, args: CAPTURE, env });
    await get(shop.port, '/a');
    shop.kill('SIGTERM');
    t.is((await shop.exit).code, 0, shop.stderr());
    const order = logs.find(({ body }) => body === 'order for /a');
    const [span] = spans;
    t.like(order, { severity: 9, severityText: 'INFO', traceId: span!.traceId, spanId: span!.spanId, flags: 1 });
    t.is(order!.resource.attributes['kf.worker.slot'], 0);
    t.like(
      logs.find(({ body }) => body === `listening ${shop.port}`),
      { traceId: '', spanId: '' },
    );
    t.true(shop.lines.includes(`order for /a trace_id=${span!.traceId} span_id=${span!.spanId} trace_flags=01`));
    t.is(
      shop.events('worker-flushed', { spans_exported: 1, logs_exported: 2, logs_spooled: 0, logs_dropped: 0 }).length,
      1,
    );
  });
}

test('pino, winston and lines of JSON in an ES module: ids in what is printed, and a record of each', async (t) => {
  const { receiver, logs, spans } = await allSignals(t);
  const shop = await openShop(t, { fixture: 'app.mjs', args: CAPTURE, env: sendTo(receiver, 'grpc') });
  await get(shop.port, '/a');
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0, shop.stderr());
  const { traceId, spanId } = spans[0]!;
  const printed = shop
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  t.is(printed.length, 3, shop.stdout());
  for (const line of printed) t.like(line, { trace_id: traceId, span_id: spanId, trace_flags: '01' });
  const bySeverity = (severity: number) => logs.find((record) => record.severity === severity && record.traceId !== '');
  t.like(bySeverity(9), { body: '{"order":"/a"}', traceId, spanId });
  t.like(bySeverity(13), { body: 'by pino', traceId, spanId, attributes: { order: 1 } });
  t.like(bySeverity(17), { body: 'by winston', traceId, spanId, attributes: { order: 2 } });
});

test('correlation alone sends nothing, and capture alone changes no line', async (t) => {
  const { receiver, logs } = await allSignals(t);
  const env = sendTo(receiver, 'grpc');
  const correlating = await openShop(t, { fixture: 'app.cjs', args: ['--log-correlation'], env });
  await get(correlating.port, '/a');
  await correlating.line(/^order for \/a trace_id=[0-9a-f]{32} /);
  correlating.kill('SIGTERM');
  t.is((await correlating.exit).code, 0);
  t.is(logs.length, 0);
  const capturing = await openShop(t, { fixture: 'app.cjs', args: ['--capture-logs'], env });
  await get(capturing.port, '/a');
  await capturing.line(/^order for \/a$/);
  capturing.kill('SIGTERM');
  t.is((await capturing.exit).code, 0);
  t.true(bodies(logs).includes('order for /a'));
});

for (const [way, delivery] of [
  ['/throw', 'spool'],
  ['/exit', 'spool'],
  ['/kill', 'journal'],
] as const) {
  test(`a worker that ends by ${way} with --delivery ${delivery}: its last record arrives`, async (t) => {
    const { receiver, logs, until } = await allSignals(t);
    const args = ['--capture-logs', '--delivery', delivery, '--spool-dir', join(tempDir(t), 'spool')];
    const shop = await openShop(t, { fixture: 'app.cjs', args, env: sendTo(receiver, 'grpc') });
    await t.throwsAsync(get(shop.port, way));
    await until(() => bodies(logs).includes(`order for ${way}`));
    await shop.eventTimes('worker-ready', 2, { slot: 0 });
    shop.kill('SIGTERM');
    t.is((await shop.exit).code, 0, shop.stderr());
    const times = bodies(logs).filter((body) => body === `order for ${way}`).length;
    // A kill between the collector's word and the note of it is the one case of a second time.
    if (way === '/kill') t.true(times === 1 || times === 2);
    else t.is(times, 1);
  });
}

test('the collector is down at the stop: logs and metrics wait in the spool, and the next start delivers them', async (t) => {
  const { receiver, logs, metrics, until } = await allSignals(t);
  await receiver.pause();
  const dir = join(tempDir(t), 'spool');
  const args = [...CAPTURE, '--metrics-exporter', 'otlp', '--spool-dir', dir, '--flush-timeout', '1s'];
  const { args: command, env } = startShop({ fixture: 'app.cjs', args, env: sendTo(receiver, 'grpc') });
  const first = kfCluster(t, command, { env });
  const [, port = ''] = await first.line(/^listening (\d+)/);
  await first.ready(1);
  await get(port, '/a');
  first.kill('SIGTERM');
  t.is((await first.exit).code, 0, first.stderr());
  const figures = { logs_exported: 0, logs_spooled: 2, logs_dropped: 0, metrics_exported: 0, metrics_dropped: 0 };
  const { metrics_spooled: waiting } = await first.event('worker-flushed', figures);
  t.true(Number(waiting) > 0);
  t.is(first.events('left-in-spool', { spans: 1, logs: 2, metrics: Number(waiting) }).length, 1);
  await receiver.resume();
  const second = kfCluster(t, command, { env });
  await second.ready(1);
  await until(() => bodies(logs).includes('order for /a') && metrics.some(({ name }) => name === 'orders'));
  second.kill('SIGTERM');
  t.is((await second.exit).code, 0, second.stderr());
  t.is(bodies(logs).filter((body) => body === 'order for /a').length, 1);
  t.deepEqual(filesBelow(dir), []);
});

test('a collector of logs that is gone holds up no span', async (t) => {
  const { receiver, spans, until } = await allSignals(t);
  const env = {
    ...sendTo(receiver, 'grpc'),
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_BLRP_SCHEDULE_DELAY: '1',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  };
  const args = ['--capture-logs', '--flush-timeout', '500ms', '--spool-dir', join(tempDir(t), 'spool')];
  const shop = await openShop(t, { fixture: 'app.cjs', args, env });
  await shop.event('collector-away');
  await get(shop.port);
  await until(() => spans.length === 1);
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0);
  const figures = {
    spans_exported: 1,
    spans_spooled: 0,
    spans_dropped: 0,
    logs_exported: 0,
    logs_spooled: 2,
    logs_dropped: 0,
  };
  t.is(shop.events('worker-flushed', figures).length, 1);
});

test('the console exporter prints one line of JSON a record, with the worker', async (t) => {
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'console' };
  const shop = await openShop(t, { fixture: 'app.cjs', args: ['--capture-logs'], env });
  await get(shop.port, '/a');
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0);
  const line = shop.lines.find((text) => text.includes('"body":"order for /a"'));
  t.like(JSON.parse(line ?? '{}'), {
    worker: 0,
    service: 'shop',
    scope: 'console',
    severity: 'INFO',
    severityNumber: 9,
  });
});
