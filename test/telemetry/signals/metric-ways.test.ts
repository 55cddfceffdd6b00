import { ValueType } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import test from 'ava';
import { byCause, NO_SPANS } from '../../../src/contract/item-account.js';
import type { Spool } from '../../../src/telemetry/outbox/index.js';
import { setGlobalLoggerProvider } from '../../../src/telemetry/signals/index.js';
import type { Lines } from '../../../src/telemetry/signals/lines.js';
import { openLogs } from '../../../src/telemetry/signals/logs-pipeline.js';
import { openMetrics } from '../../../src/telemetry/signals/metrics-pipeline.js';
import { prometheusReader } from '../../../src/telemetry/signals/prometheus.js';
import { measureProcess } from '../../../src/telemetry/signals/runtime.js';
import { observeSelf } from '../../../src/telemetry/signals/self.js';
import { serializeLogs } from '../../../src/telemetry/signals/serialize-logs.js';

const RESOURCE = resourceFromAttributes({ 'service.name': 'shop' });

/** Lines that are kept in place of printed. */
function keptLines() {
  const kept: Record<string, unknown>[] = [];
  let flushes = 0;
  const lines: Lines = {
    add: (value) => void kept.push(value),
    print: () => undefined,
    flushed: async () => void flushes++,
  };
  return { kept, lines, flushes: () => flushes };
}

/** What Prometheus would read, without its comments: the value by name and labels. */
async function scraped(scrape: () => Promise<string>): Promise<Map<string, number>> {
  const text = await scrape();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** Meters that are asked by hand. */
function metering() {
  const { reader, scrape } = prometheusReader();
  const provider = new MeterProvider({ resource: RESOURCE, readers: [reader] });
  const value = async (name: string, ...labels: readonly string[]) => {
    const found = [...(await scraped(scrape))].find(
      ([key]) => key.startsWith(`${name}{`) && labels.every((label) => key.includes(label)),
    );
    return found?.[1];
  };
  return { provider, scrape, value };
}

test('a scrape has what the app has counted by then, and nothing is reset by it', async (t) => {
  const { provider, value } = metering();
  const counter = provider.getMeter('app').createCounter('orders');
  counter.add(2, { kind: 'book' });
  t.is(await value('orders_total', 'kind="book"'), 2);
  counter.add(3, { kind: 'book' });
  t.is(await value('orders_total', 'kind="book"'), 5);
});

test('one metric that cannot be written takes no other along', async (t) => {
  const { provider, value } = metering();
  const meter = provider.getMeter('app');
  const bad = { toJSON: () => undefined }; // has no text
  meter.createCounter('bad').add(1, { value: bad as unknown as string });
  meter.createCounter('good').add(7);
  t.is(await value('good_total'), 7);
});

test('the console prints each metric with its points, and a flush waits for what is printed', async (t) => {
  const { kept, lines, flushes } = keptLines();
  const { provider, scrape } = await openMetrics({
    ...{ names: ['console'], env: { OTEL_METRIC_EXPORT_INTERVAL: '3600000' }, resource: RESOURCE, lines },
    spool: undefined,
  });
  t.teardown(() => provider.shutdown());
  t.is(scrape, undefined);
  const meter = provider.getMeter('app', '1.0.0');
  meter.createCounter('orders', { unit: '{order}', valueType: ValueType.INT }).add(2, { kind: 'book' });
  meter.createHistogram('took', { unit: 's' }).record(0.5);
  await provider.forceFlush();
  t.like(kept[0], {
    ...{ service: 'shop', scope: 'app', metric: 'orders', unit: '{order}', type: 'SUM' },
    points: [{ attributes: { kind: 'book' }, value: 2 }],
  });
  t.like(kept[1], { metric: 'took', type: 'HISTOGRAM' });
  t.is(flushes(), 1);
});

test('a collector gets one batch a collection, counted by metrics; a timeout above the interval is cut to it', async (t) => {
  const account = { ended: 0 };
  const exported: number[] = [];
  let parts: { count(batch: unknown): number; divide(batch: unknown): readonly unknown[] } | undefined;
  const spool = {
    way: (options: typeof parts) => {
      parts = options;
      const exporter = {
        export: (metrics: unknown, done: (result: { code: number }) => void) => {
          exported.push(parts!.count(metrics), parts!.divide(metrics).length);
          done({ code: 0 });
        },
        shutdown: async () => undefined,
      };
      return { exporter, account };
    },
  } as unknown as Spool;
  const env = { OTEL_METRIC_EXPORT_INTERVAL: '5000', OTEL_METRIC_EXPORT_TIMEOUT: '60000' };
  const { provider } = await openMetrics({ names: ['otlp'], env, resource: RESOURCE, spool, lines: keptLines().lines });
  t.teardown(() => provider.shutdown());
  provider.getMeter('a').createCounter('one').add(1);
  const meter = provider.getMeter('b');
  for (const name of ['two', 'three']) meter.createUpDownCounter(name).add(1);
  await provider.forceFlush();
  t.deepEqual([account.ended, exported], [3, [3, 3]]);
});

test('what the process takes is measured under the names of the conventions', async (t) => {
  const { provider, value } = metering();
  measureProcess(provider);
  const user = await value('process_cpu_time_total', 'cpu_mode="user"');
  t.true(user !== undefined && user > 0);
  t.true((await value('process_memory_usage'))! > 1e6);
  t.true((await value('process_uptime'))! > 0);
  const until = process.cpuUsage().user + 30_000;
  while (process.cpuUsage().user < until) Math.sqrt(until);
  const share = await value('process_cpu_utilization', 'cpu_mode="user"');
  t.true(share !== undefined && share > 0 && share <= 16, `${share}`);
});

for (const [url, address, port] of [
  ['http://c:4317', 'c', 4317],
  ['https://c/v1/traces', 'c', 443],
  ['http://c', 'c', 80],
  ['unix:/run/otel.sock', '/run/otel.sock', undefined],
] as const) {
  test(`our own account of ${url} is in the words of the SDK's metrics, with its server`, async (t) => {
    const { provider, value } = metering();
    const account = { ...NO_SPANS, ended: 100, exported: 60, rejected: 5, spooled: 10, pending: 20, recovered: 0 };
    const dropped = byCause((cause) => (cause === 'late' ? 5 : 0));
    observeSelf({
      ...{ meters: provider, signal: 'span', queue: () => ({ size: 8, capacity: 2_048 }) },
      account: () => ({ ...account, interrupted: 0, resent: 0, dropped }),
      target: { url, shown: url, protocol: 'grpc', endpointFrom: undefined, note: undefined },
    });
    t.is(await value('otel_sdk_processor_span_queue_size'), 8);
    t.is(await value('otel_sdk_processor_span_queue_capacity'), 2_048);
    t.is(await value('otel_sdk_processor_span_processed_total'), 92);
    const server = [`server_address="${address}"`, ...(port === undefined ? [] : [`server_port="${port}"`])];
    t.is(await value('otel_sdk_exporter_span_inflight', ...server), 22, 'in memory behind the queue, or on disk');
    t.is(await value('otel_sdk_exporter_span_exported_total', ...server), 60);
    t.is(await value('otel_sdk_exporter_span_exported_total', 'error_type="rejected"'), 5);
    t.is(await value('otel_sdk_exporter_span_exported_total', 'error_type="late"'), 5);
    t.is(await value('otel_sdk_exporter_span_exported_total', 'error_type="expired"'), undefined);
  });
}

test('the console prints a log record with what it has, and the ids of its span only where they are valid', (t) => {
  const { kept, lines } = keptLines();
  const { provider, queue } = openLogs({
    ...{ names: ['console'], env: {}, resource: RESOURCE, spool: undefined, lines, meterProvider: undefined },
  });
  t.is(queue, undefined, 'nothing waits that goes to no collector');
  const logger = provider.getLogger('app');
  logger.emit({
    body: 'plain',
    severityText: 'INFO',
    severityNumber: 9,
    attributes: { a: 1 },
    timestamp: 1_767_225_600_000,
  });
  t.like(kept[0], {
    ...{ service: 'shop', scope: 'app', body: 'plain', severity: 'INFO', severityNumber: 9, attributes: { a: 1 } },
    time: '2026-01-01T00:00:00.000Z',
  });
  t.false('traceId' in kept[0]!);
});

test('limits of log records: their own variables before those of all attributes', (t) => {
  const attributes = { a: 'abcdef', b: 'abcdef', c: 'abcdef' };
  const emitted = (env: Record<string, string>) => {
    const { kept, lines } = keptLines();
    const parts = {
      names: ['console'] as const,
      resource: RESOURCE,
      spool: undefined,
      lines,
      meterProvider: undefined,
    };
    openLogs({ ...parts, env })
      .provider.getLogger('app')
      .emit({ body: 'x', attributes });
    return kept[0]!.attributes;
  };
  t.deepEqual(emitted({}), attributes);
  t.deepEqual(emitted({ OTEL_ATTRIBUTE_COUNT_LIMIT: '1', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2' }), { a: 'ab' });
  const own = { OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '2', OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' };
  t.deepEqual(emitted({ ...own, OTEL_ATTRIBUTE_COUNT_LIMIT: '1' }), { a: 'abc', b: 'abc' });
});

/** A record as the SDK hands it on. */
const record = (body: unknown) =>
  ({
    ...{ hrTime: [1, 0], hrTimeObserved: [1, 0], severityText: 'WARN', attributes: {}, droppedAttributesCount: 0 },
    ...{ resource: RESOURCE, instrumentationScope: { name: 'app' }, body },
  }) as unknown as ReadableLogRecord;

test('a body that cannot be encoded is sent as the text that Node prints for it; what else fails is thrown', (t) => {
  const circle: Record<string, unknown> = { name: 'request' };
  circle.self = circle;
  const one = record(circle);
  const bytes = serializeLogs([one]);
  t.true(Buffer.from(bytes!).includes("name: 'request'"));
  t.true(Buffer.from(bytes!).includes('WARN'), 'all else of it is there');
  t.throws(() => serializeLogs([one, one]), undefined, 'of several it is not known which: each is tried alone');
  t.true(Buffer.from(serializeLogs([record('plain')])!).includes('plain'));
});

test.serial('the provider of logs that is set last is the one that every copy of its api sees', (t) => {
  t.teardown(() => logs.disable());
  const made = () =>
    openLogs({
      ...{
        names: [],
        env: {},
        resource: RESOURCE,
        spool: undefined,
        lines: keptLines().lines,
        meterProvider: undefined,
      },
    }).provider;
  const [first, second] = [made(), made()];
  setGlobalLoggerProvider(first);
  setGlobalLoggerProvider(second);
  t.is(logs.getLoggerProvider(), second);
});
