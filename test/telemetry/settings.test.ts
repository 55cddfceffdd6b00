import { AggregationTemporality, AggregationType, InstrumentType } from '@opentelemetry/sdk-metrics';
import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { readSettings } from '../../src/otel-env/export-settings.js';
import { readBatch } from '../../src/telemetry/batch-settings.js';
import { collectorOf, requestTimeoutOf } from '../../src/telemetry/collector.js';
import { createFilter } from '../../src/telemetry/instrumentation-filter.js';
import { createPropagator } from '../../src/telemetry/propagators.js';
import { createSampler } from '../../src/telemetry/sampler.js';
import { readAggregation, readTemporality } from '../../src/telemetry/signals/temporality.js';

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const OWN = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const HTTP = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };

const URLS: [string, Record<string, string>, string][] = [
  ['the default of grpc', {}, 'http://localhost:4317'],
  ['the default of http', HTTP, 'http://localhost:4318/v1/traces'],
  ['a base gets the path', { ...HTTP, [BASE]: 'https://c:1/otlp/' }, 'https://c:1/otlp/v1/traces'],
  ['the signal form stays', { ...HTTP, [BASE]: 'http://no', [OWN]: 'http://c/custom?q=1' }, 'http://c/custom?q=1'],
  ['no scheme means TLS', { [BASE]: 'collector:4317' }, 'https://collector:4317'],
  ['unless insecure', { [BASE]: 'collector:4317', OTEL_EXPORTER_OTLP_INSECURE: 'true' }, 'http://collector:4317'],
  ['or loopback', { [BASE]: 'localhost:4317' }, 'http://localhost:4317'],
  ['blank counts as unset', { [BASE]: ' ' }, 'http://localhost:4317'],
];
for (const [title, env, url] of URLS)
  test(`endpoint: ${title}`, (t) => t.is(readSettings(env).targets.traces.url, url));

const BAD: [string, () => unknown, RegExp][] = [
  ['endpoint', () => readSettings({ [BASE]: 'http://' }), /expected a URL/],
  ['grpc with a path', () => readSettings({ [BASE]: 'http://c:4318/v1/traces' }), /OTLP over HTTP/],
  ['protocol', () => readSettings({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http' }), /http\/protobuf/],
  ['exporter', () => readSettings({ OTEL_TRACES_EXPORTER: 'jaeger' }), /otlp, console, none/],
  ['sampler', () => createSampler({ OTEL_TRACES_SAMPLER: 'sometimes' }), /parentbased_always_on/],
  ['ratio', () => createSampler({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }), /0 to 1/],
  ['queue', () => readBatch({ OTEL_BSP_MAX_QUEUE_SIZE: 'many' }), /whole number/],
];
for (const [title, act, why] of BAD) {
  test(`bad ${title}: OTEL_INVALID with what was expected`, (t) => {
    const error = t.throws(act, { instanceOf: KfError });
    t.is(error?.code, 'OTEL_INVALID');
    t.regex(error!.why, why);
  });
}

test('an unknown propagator is refused', async (t) => {
  await t.throwsAsync(createPropagator({ OTEL_PROPAGATORS: 'w3c' }), { instanceOf: KfError });
});

test('every propagator of the list is loaded', async (t) => {
  const all = await createPropagator({ OTEL_PROPAGATORS: 'tracecontext,baggage,b3,b3multi,xray,jaeger' });
  t.true(
    ['traceparent', 'baggage', 'b3', 'x-b3-traceid', 'x-amzn-trace-id', 'uber-trace-id'].every((name) =>
      all.fields().includes(name),
    ),
  );
  t.deepEqual((await createPropagator({ OTEL_PROPAGATORS: 'none' })).fields(), []);
});

test('what is shown of an endpoint holds no secret', (t) => {
  const { targets } = readSettings({ ...HTTP, [OWN]: 'https://me:pw@c/v1/traces?key=1' });
  t.is(targets.traces.shown, 'https://c/v1/traces');
  const error = t.throws(() => readSettings({ [OWN]: 'ftp://me:pw@c/?key=1' }));
  t.notRegex(`${error?.message}`, /pw|key=1/);
});

test('samplers say what they are', (t) => {
  const names = ['always_on', 'always_off', 'parentbased_always_off'];
  const said = names.map((name) => createSampler({ OTEL_TRACES_SAMPLER: name }).toString());
  t.deepEqual(
    said.map((text) => text.split('{')[0]),
    ['AlwaysOnSampler', 'AlwaysOffSampler', 'ParentBased'],
  );
  t.regex(
    createSampler({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }).toString(),
    /0\.25/,
  );
});

test('instrumentations are enabled and disabled by short name', (t) => {
  t.true(createFilter({})('http'));
  t.false(createFilter({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pg' })('http'));
  t.false(createFilter({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http,pg' })('pg'));
});

test('metrics and logs go nowhere unasked; captured logs go to the collector', (t) => {
  t.deepEqual(readSettings({}).exporters, { traces: ['otlp'], metrics: [], logs: [] });
  t.deepEqual(readSettings({}, { captureLogs: true }).exporters.logs, ['otlp']);
  t.deepEqual(readSettings({ OTEL_LOGS_EXPORTER: 'console' }, { captureLogs: true }).exporters.logs, ['console']);
  t.deepEqual(readSettings({ OTEL_METRICS_EXPORTER: 'otlp, prometheus' }).exporters.metrics, ['otlp', 'prometheus']);
  t.deepEqual(readSettings({ OTEL_METRICS_EXPORTER: 'otlp,none' }).exporters.metrics, []);
  const error = t.throws(() => readSettings({ OTEL_LOGS_EXPORTER: 'prometheus' }), { instanceOf: KfError });
  t.regex(`${error?.why}`, /otlp, console, none/);
});

test('each signal has its own endpoint, path, headers and timeout', (t) => {
  const env = {
    ...HTTP,
    [BASE]: 'http://c:4318',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs/in',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_HEADERS: 'key=all,x=1',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'Key=logs',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '5',
  };
  const { targets } = readSettings(env);
  t.is(targets.traces.url, 'http://c:4318/v1/traces');
  t.is(targets.logs.url, 'http://logs/in');
  t.like(targets.metrics, { url: 'http://c:4318', protocol: 'grpc' });
  t.deepEqual(collectorOf(env, 'logs', targets.logs, {}).headers, { key: 'logs', x: '1' });
  t.deepEqual(collectorOf(env, 'traces', targets.traces, {}).headers, { key: 'all', x: '1' });
  t.is(collectorOf(env, 'traces', targets.traces, {}).endpointIsDefault, undefined);
  t.true(collectorOf({}, 'traces', readSettings({}).targets.traces, {}).endpointIsDefault);
  t.deepEqual([requestTimeoutOf(env, 'logs'), requestTimeoutOf(env, 'traces')], [5, 10_000]);
});

test('temporality and histograms by preference', (t) => {
  const { COUNTER, HISTOGRAM, UP_DOWN_COUNTER, OBSERVABLE_COUNTER } = InstrumentType;
  const kinds = [COUNTER, HISTOGRAM, UP_DOWN_COUNTER, OBSERVABLE_COUNTER];
  const chosen = (preference: string) => {
    const select = readTemporality({ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference });
    return kinds.map((kind) => (select(kind) === AggregationTemporality.DELTA ? 'delta' : 'cumulative')).join();
  };
  t.is(chosen(''), 'cumulative,cumulative,cumulative,cumulative');
  t.is(chosen('Delta'), 'delta,delta,cumulative,delta');
  t.is(chosen('lowmemory'), 'delta,delta,cumulative,cumulative');
  t.throws(() => chosen('sometimes'), { instanceOf: KfError });
  const variable = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  const aggregation = readAggregation({ [variable]: 'base2_exponential_bucket_histogram' });
  t.is(aggregation(HISTOGRAM).type, AggregationType.EXPONENTIAL_HISTOGRAM);
  t.is(aggregation(COUNTER).type, AggregationType.DEFAULT);
});
