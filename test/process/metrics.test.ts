import test from 'ava';
import type { MetricEntry } from '../../src/dev/model.js';
import { get } from '../helpers/http.js';
import { allSignals, openShop, sendTo } from '../helpers/signals.js';

const RUNTIME = [
  'nodejs.eventloop.time',
  'nodejs.eventloop.utilization',
  'v8js.memory.heap.used',
  'process.cpu.time',
  'process.memory.usage',
];
const named = (metrics: readonly MetricEntry[], name: string) => metrics.filter((metric) => metric.name === name);

const CASES = [
  ['grpc', 'app.cjs', 'otel-api-1.9'],
  ['grpc', 'app.mjs', 'otel-api-1.10'],
  ['http/protobuf', 'app.mjs', 'otel-api-1.9'],
  ['http/json', 'app.cjs', 'otel-api-1.10'],
] as const;

for (const [protocol, fixture, api] of CASES) {
  test(`${protocol}, ${fixture}, ${api}: the metrics of every worker arrive with its stop`, async (t) => {
    const { receiver, metrics } = await allSignals(t);
    const args = ['-w', '2', '--metrics-exporter', 'otlp'];
    const shop = await openShop(t, { fixture, api, args, env: sendTo(receiver, protocol) });
    for (let i = 0; i < 3; i++) await get(shop.port);
    shop.kill('SIGTERM');
    t.is((await shop.exit).code, 0, shop.stderr());
    const orders = named(metrics, 'orders');
    const taken = orders.reduce((sum, { points }) => sum + points.reduce((all, { value = 0 }) => all + value, 0), 0);
    t.is(taken, 3, shop.stderr());
    t.like(orders[0], { kind: 'sum', monotonic: true, temporality: 'cumulative', scope: { name: 'shop' } });
    t.is(orders[0]!.resource.attributes['service.name'], 'shop');
    for (const name of RUNTIME) {
      const slots = named(metrics, name).map(({ resource }) => resource.attributes['kf.worker.slot']);
      t.deepEqual(slots.sort(), [0, 1], name);
    }
    const served = named(metrics, 'http.server.request.duration').flatMap(({ points }) => points);
    t.is(
      served.reduce((sum, { count = 0 }) => sum + count, 0),
      3,
    );
    t.is(served[0]!.attributes['http.response.status_code'], 200);
    t.is(shop.events('worker-flushed', { metrics_spooled: 0, metrics_dropped: 0 }).length, 2);
  });
}

test('the pipeline measures itself by the account: spans that were exported, and none that was dropped', async (t) => {
  const { receiver, metrics, spans, until } = await allSignals(t);
  const env = { ...sendTo(receiver, 'grpc'), OTEL_METRIC_EXPORT_INTERVAL: '100', OTEL_BSP_SCHEDULE_DELAY: '10' };
  const shop = await openShop(t, { fixture: 'app.cjs', args: ['--metrics-exporter', 'otlp'], env });
  await get(shop.port);
  await until(() => spans.length === 1);
  const exported = () => named(metrics, 'otel.sdk.exporter.span.exported').at(-1)?.points[0];
  await until(() => exported()?.value === 1);
  t.like(exported()!.attributes, {
    'otel.component.type': 'otlp_grpc_span_exporter',
    'server.port': Number(new URL(receiver.grpcUrl).port),
  });
  t.is(named(metrics, 'otel.sdk.processor.span.processed').at(-1)!.points[0]!.value, 1);
  t.is(named(metrics, 'otel.sdk.processor.span.queue.capacity').at(-1)!.points[0]!.value, 2048);
  t.is(named(metrics, 'otel.sdk.exporter.span.inflight').at(-1)!.points[0]!.value, 0);
  t.true(named(metrics, 'otel.sdk.span.started').length > 0);
  // Told after five samples only.
  await until(() => named(metrics, 'nodejs.eventloop.delay.p99').length > 0);
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0);
});

test('delta temporality, an endpoint of their own, and spans to nobody', async (t) => {
  const { receiver, metrics, spans, until } = await allSignals(t);
  const env = {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.httpUrl}/v1/metrics`,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'DELTA',
    OTEL_METRIC_EXPORT_INTERVAL: '50',
  };
  const shop = await openShop(t, { fixture: 'app.cjs', args: ['--metrics-exporter', 'otlp'], env });
  for (const count of [1, 2]) {
    await get(shop.port);
    await until(() => named(metrics, 'orders').length === count);
  }
  t.deepEqual(
    named(metrics, 'orders').map(({ points, temporality }) => [points[0]!.value, temporality]),
    [
      [1, 'delta'],
      [1, 'delta'],
    ],
  );
  t.is(named(metrics, 'process.memory.usage')[0]!.temporality, 'cumulative');
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0);
  t.is(spans.length, 0);
});

test('an instrument that hangs costs its own metrics, and no span', async (t) => {
  const { receiver, spans } = await allSignals(t);
  const env = sendTo(receiver, 'grpc');
  const args = ['--metrics-exporter', 'otlp', '--flush-timeout', '6s'];
  const shop = await openShop(t, { fixture: 'hanging-instrument.cjs', args, env });
  await get(shop.port);
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0);
  t.is(spans.length, 1);
  t.is(shop.events('metrics-not-collected').length, 1);
});

test('the console exporter prints one line of JSON a metric, with the worker', async (t) => {
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'console' };
  const shop = await openShop(t, { fixture: 'app.cjs', env });
  await get(shop.port);
  shop.kill('SIGTERM');
  t.is((await shop.exit).code, 0);
  const line = shop.lines.find((text) => text.includes('"metric":"orders"'));
  t.like(JSON.parse(line ?? '{}'), {
    worker: 0,
    service: 'shop',
    points: [{ value: 1, attributes: { kind: 'book' } }],
  });
});
