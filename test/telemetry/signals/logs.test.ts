import { join } from 'node:path';
import type { AnyValue } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { balance } from '../../../src/telemetry/outbox/account.js';
import { connector, createSpool, type SpoolOptions } from '../../../src/telemetry/outbox/index.js';
import { jsonLines } from '../../../src/telemetry/signals/lines.js';
import { openLogs } from '../../../src/telemetry/signals/logs-pipeline.js';
import { openMetrics } from '../../../src/telemetry/signals/metrics-pipeline.js';
import { allSignals } from '../../helpers/signals.js';
import { configFor, until as settled, tempDir } from '../../helpers/spool.js';

/** A logger in front of a real spool. */
function logging(t: ExecutionContext, url: string, env: Record<string, string>, more: Partial<SpoolOptions> = {}) {
  const spool = createSpool({
    delivery: 'spool',
    dir: join(tempDir(t), 'spool'),
    encoding: 'protobuf',
    connect: connector(configFor(url)),
    warn: () => undefined,
    onDrop: () => undefined,
    ...more,
  });
  t.teardown(() => spool.close());
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const parts = { names: ['otlp'] as const, env, resource, spool, lines: jsonLines({}), meterProvider: undefined };
  const { provider, queue } = openLogs(parts);
  const logger = provider.getLogger('shop');
  const emit = (count: number, body = 'x') => {
    for (let i = 0; i < count; i++) logger.emit({ body: `${body}${i}` });
  };
  const account = () => {
    const said = spool.account('logs');
    t.is(balance(said), 0, JSON.stringify(said));
    return said;
  };
  return { spool, emit, account, queue: queue!, provider };
}

test('a burst of 20,000 records in one turn is kept, and arrives', async (t) => {
  const { receiver, logs } = await allSignals(t);
  const { spool, emit, account, queue } = logging(t, receiver.grpcUrl, {});
  emit(20_000);
  t.is(account().ended, 20_000);
  t.true(queue().size < queue().capacity);
  t.true(await spool.flush(60_000));
  t.like(account(), { exported: 20_000, spooled: 0, pending: 0 });
  t.is(logs.length, 20_000);
});

test('OTEL_BLRP_*: a full batch is handed on at the end of the turn, a lone record after the delay', async (t) => {
  const { receiver, logs, until } = await allSignals(t);
  const env = { OTEL_BLRP_MAX_QUEUE_SIZE: '100', OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '10', OTEL_BLRP_SCHEDULE_DELAY: '1' };
  const { emit, queue } = logging(t, receiver.grpcUrl, env);
  t.is(queue().capacity, 100);
  emit(10);
  t.is(queue().size, 10);
  await until(() => logs.length === 10);
  emit(1, 'alone');
  await until(() => logs.at(-1)?.body === 'alone0');
  t.throws(() => logging(t, receiver.grpcUrl, { OTEL_BLRP_MAX_QUEUE_SIZE: 'many' }), {
    message: /OTEL_BLRP_MAX_QUEUE/,
  });
});

test('at the exit what is queued goes to disk at once, and what comes later too', async (t) => {
  const { spool, emit, account } = logging(t, 'http://127.0.0.1:1', {});
  emit(5);
  spool.drainSync();
  t.like(account(), { ended: 5, spooled: 5, pending: 0 });
  emit(1, 'late');
  t.like(account(), { ended: 6, spooled: 6, pending: 0 });
});

test('limits of attributes', async (t) => {
  const { receiver, logs } = await allSignals(t);
  const { spool, provider, account } = logging(t, receiver.grpcUrl, { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' });
  provider.getLogger('shop').emit({ body: 'x', attributes: { long: 'abcdef' } });
  t.true(await spool.flush(60_000));
  t.deepEqual(logs[0]!.attributes, { long: 'abc' });
  t.is(account().exported, 1);
});

for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
  test(`${protocol}: items with nonsense in them arrive, and one that cannot be read takes no other along`, async (t) => {
    const { receiver, logs, spans, metrics } = await allSignals(t);
    const root = protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl;
    const path = (signal: string) => (protocol === 'grpc' ? root : `${root}/v1/${signal}`);
    const urls = { traces: path('traces'), logs: path('logs'), metrics: path('metrics') };
    const encoding = protocol === 'http/json' ? 'json' : 'protobuf';
    const drops: string[] = [];
    const { spool, provider, account, emit } = logging(
      t,
      '',
      {},
      {
        ...{ encoding, connect: connector(configFor('', { protocol, urls })) },
        onDrop: (cause, items, why) => drops.push(`${cause} ${items} ${why}`),
      },
    );
    const cyclic: Record<string, unknown> = { order: 1 };
    cyclic.self = cyclic;
    emit(1);
    const logger = provider.getLogger('shop');
    logger.emit({ body: cyclic as AnyValue });
    logger.emit({ body: 'bad time', timestamp: Number.NaN });
    logger.emit({ body: 'bad severity', severityText: 7 as unknown as string });
    emit(1, 'last');
    const tracers = new NodeTracerProvider({ spanProcessors: [spool.processor] });
    const span = tracers.getTracer(undefined as unknown as string).startSpan(404 as unknown as string);
    span.setStatus({ code: 2, message: new Error('an error') as unknown as string });
    span.setAttributes({ big: 2 ** 60, none: Number.NaN });
    span.end();
    tracers.getTracer('x').startSpan('bad time').end(Number.NaN);
    const unreadable = tracers.getTracer('x').startSpan('unreadable');
    Object.defineProperty(unreadable, 'name', {
      get: () => {
        throw new Error('no name to read');
      },
    });
    unreadable.end();
    const meters = await openMetrics({
      ...{ names: ['otlp'], env: {}, resource: resourceFromAttributes({}), spool, lines: jsonLines({}) },
    });
    meters.provider.getMeter('m').createGauge('none').record(Number.NaN);
    await meters.provider.forceFlush();
    t.true(await spool.flush(60_000));
    t.is(account().exported, 5);
    t.deepEqual(
      logs.map(({ body }) => String(body).slice(0, 8)),
      ['x0', '<ref *1>', 'bad time', 'bad seve', 'last0'],
    );
    t.deepEqual(
      spans.map(({ name }) => name),
      ['404', 'bad time'],
    );
    t.like(spans[0]!.attributes, { big: 2n ** 60n, none: Number.NaN });
    t.is(metrics.length, 1);
    t.like(spool.account('traces'), { ended: 3, exported: 2 });
    t.deepEqual(drops, ['non_retryable 1 they cannot be encoded: Error: no name to read']);
    await meters.provider.shutdown();
  });
}

test('signals of one destination share its connection; another destination has its own', async (t) => {
  const { receiver, logs } = await allSignals(t);
  let opened = 0;
  const counted = () => {
    opened++;
    return connector(configFor(receiver.grpcUrl))();
  };
  const shared = logging(t, receiver.grpcUrl, {}, { connect: counted });
  shared.emit(1);
  const metrics = shared.spool.way<number>({
    signal: 'metrics',
    serialize: () => new Uint8Array([10, 0]),
    count: () => 1,
    divide: (batch) => [batch],
  });
  metrics.account.ended++;
  metrics.exporter.export(1, () => undefined);
  t.true(await shared.spool.flush(60_000));
  t.is(opened, 1);
  const dead = connector(configFor('http://127.0.0.1:1'));
  const others = { metrics: { connect: dead, encoding: 'protobuf' } } as const;
  const apart = logging(t, receiver.grpcUrl, {}, { connect: counted, others });
  const stuck = apart.spool.way<number>({
    signal: 'metrics',
    serialize: () => new Uint8Array([10, 0]),
    count: () => 1,
    divide: (batch) => [batch],
  });
  stuck.account.ended++;
  stuck.exporter.export(1, () => undefined);
  apart.emit(3);
  void apart.spool.flush(0);
  await settled(() => apart.account().exported === 3);
  await settled(() => apart.spool.account('metrics').spooled === 1);
  t.is(logs.length, 4);
});
