import test from 'ava';
import fc from 'fast-check';
import { KfError } from '../../src/contract/errors.js';
import { checkOtel } from '../../src/otel-env/check-environment.js';
import { readSettings } from '../../src/otel-env/export-settings.js';
import { read, textOf } from '../../src/otel-env/read-variable.js';
import { OTLP_SIGNALS, VARIABLES, type VariableName } from '../../src/otel-env/variables.js';
import { readBatch } from '../../src/telemetry/batch-settings.js';
import { collectorOf, requestTimeoutOf } from '../../src/telemetry/collector.js';
import { createFilter } from '../../src/telemetry/instrumentation-filter.js';
import { createPropagator } from '../../src/telemetry/propagators.js';
import { resourceAttributes } from '../../src/telemetry/resource.js';
import { createSampler } from '../../src/telemetry/sampler.js';
import { readAggregation, readTemporality } from '../../src/telemetry/signals/temporality.js';

interface Row {
  readonly unset: unknown;
  /** Texts, and what they are read to. */
  readonly good: readonly (readonly [string, unknown])[];
  readonly bad: readonly string[];
}

const TRUTH: Row = {
  unset: false,
  good: [
    ['true', true],
    ['False', false],
  ],
  bad: ['1', 'yes', 'on'],
};
const TEXT: Row = { unset: undefined, good: [['a b', 'a b']], bad: [] };
const NAMES: Row = { unset: undefined, good: [['http, pg,http', ['http', 'pg']]], bad: [', ,'] };
const time = (unset: number | undefined, least: 0 | 1): Row => ({
  unset,
  good: [
    [String(least), least],
    ['2147483647', 2147483647],
  ],
  bad: [least === 1 ? '0' : '-1', '1.5', '5s', '1e3', '0x10', '2147483648'],
});
const size = (unset: number | undefined, least: 0 | 1): Row => ({
  unset,
  good: [
    [String(least), least],
    ['4096', 4096],
  ],
  bad: [least === 1 ? '0' : '-1', 'many', '1.5', '1e3'],
});
const wordRow = (unset: string | undefined, given: string, value: string, bad: string): Row => ({
  unset,
  good: [[given, value]],
  bad: [bad, `${value},${value}`],
});

/** By the name for all signals, where a signal has one of its own. */
const ROWS: Readonly<
  Record<Exclude<VariableName, `OTEL_EXPORTER_OTLP_${'TRACES' | 'LOGS'}_${string}`>, Row | undefined>
> = {
  OTEL_SDK_DISABLED: TRUTH,
  OTEL_LOG_LEVEL: wordRow(undefined, 'DEBUG', 'debug', 'loud'),
  OTEL_SERVICE_NAME: TEXT,
  OTEL_SERVICE_VERSION: TEXT,
  OTEL_RESOURCE_ATTRIBUTES: { unset: {}, good: [['team=a b,n=%2C', { team: 'a b', n: ',' }]], bad: ['team', '=x'] },
  OTEL_PROPAGATORS: {
    unset: ['tracecontext', 'baggage'],
    good: [
      ['B3Multi, xray,jaeger', ['b3multi', 'xray', 'jaeger']],
      ['none', ['none']],
    ],
    bad: ['w3c', 'b3,w3c', ','],
  },
  OTEL_TRACES_EXPORTER: {
    unset: ['otlp'],
    good: [
      ['OTLP,console,', ['otlp', 'console']],
      ['otlp,none', ['otlp', 'none']],
    ],
    bad: ['zipkin', 'prometheus', ','],
  },
  OTEL_METRICS_EXPORTER: { unset: ['none'], good: [['Prometheus', ['prometheus']]], bad: ['statsd'] },
  OTEL_LOGS_EXPORTER: { unset: ['none'], good: [['otlp,otlp', ['otlp']]], bad: ['prometheus'] },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    unset: undefined,
    good: ['http://c:1', 'https://me:pw@c/x', 'c:4317', 'localhost', 'unix:/run/s'].map((one) => [one, one] as const),
    bad: ['nonsense', 'not a url', 'ftp://c', 'http://c:99999', 'unix:', '::'],
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: wordRow('grpc', 'HTTP/Protobuf', 'http/protobuf', 'http'),
  OTEL_EXPORTER_OTLP_INSECURE: TRUTH,
  OTEL_EXPORTER_OTLP_HEADERS: {
    unset: {},
    good: [['A=b%2C', { a: 'b,' }]],
    bad: ['a', 'a b=c', 'a=%0a', 'Content-Length=3'],
  },
  OTEL_EXPORTER_OTLP_HEADERS_FILE: TEXT,
  OTEL_EXPORTER_OTLP_COMPRESSION: wordRow('none', 'GZIP', 'gzip', 'zip'),
  OTEL_EXPORTER_OTLP_TIMEOUT: time(10_000, 1),
  OTEL_EXPORTER_OTLP_CERTIFICATE: TEXT,
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: TEXT,
  OTEL_EXPORTER_OTLP_CLIENT_KEY: TEXT,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: undefined,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: undefined,
  OTEL_EXPORTER_OTLP_METRICS_INSECURE: undefined,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: undefined,
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: undefined,
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: undefined,
  OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: undefined,
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: undefined,
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: undefined,
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: wordRow('cumulative', 'LowMemory', 'lowmemory', 'low'),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: wordRow(
    'explicit_bucket_histogram',
    'BASE2_exponential_bucket_histogram',
    'base2_exponential_bucket_histogram',
    'exponential',
  ),
  OTEL_TRACES_SAMPLER: wordRow('parentbased_always_on', 'Always_On', 'always_on', 'sometimes'),
  OTEL_TRACES_SAMPLER_ARG: {
    unset: 1,
    good: [
      ['0.25', 0.25],
      ['.5', 0.5],
      ['1e-3', 0.001],
      ['0', 0],
      ['1', 1],
    ],
    bad: ['1.5', '-0.1', 'half', '0x1', '5%'],
  },
  OTEL_BSP_MAX_QUEUE_SIZE: size(2048, 1),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: size(512, 1),
  OTEL_BSP_SCHEDULE_DELAY: time(5000, 0),
  OTEL_BSP_EXPORT_TIMEOUT: time(undefined, 0),
  OTEL_BLRP_MAX_QUEUE_SIZE: size(2048, 1),
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: size(512, 1),
  OTEL_BLRP_SCHEDULE_DELAY: time(1000, 0),
  OTEL_BLRP_EXPORT_TIMEOUT: time(undefined, 0),
  OTEL_METRIC_EXPORT_INTERVAL: time(60_000, 1),
  OTEL_METRIC_EXPORT_TIMEOUT: time(30_000, 1),
  OTEL_ATTRIBUTE_COUNT_LIMIT: size(128, 0),
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: size(undefined, 0),
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: size(undefined, 0),
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: size(undefined, 0),
  OTEL_SPAN_EVENT_COUNT_LIMIT: size(128, 0),
  OTEL_SPAN_LINK_COUNT_LIMIT: size(128, 0),
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: size(128, 0),
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: size(128, 0),
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: size(undefined, 0),
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: size(undefined, 0),
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: NAMES,
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: NAMES,
  OTEL_NODE_RESOURCE_DETECTORS: {
    unset: undefined,
    good: [['Host,container,', ['host', 'container']]],
    bad: ['hosts', 'ec2', ','],
  },
  OTEL_SEMCONV_STABILITY_OPT_IN: NAMES,
};

const names = Object.keys(VARIABLES) as VariableName[];

/** A signal's own variable is read as that of all signals is. */
function rowOf(name: VariableName): Row {
  const rows: Readonly<Record<string, Row | undefined>> = ROWS;
  return rows[name] ?? rows[name.replace(/_(TRACES|METRICS|LOGS)_/, '_')]!;
}

for (const name of names) {
  test(`${name}: its default, good values in any case, bad ones with what was expected`, (t) => {
    const { unset, good, bad } = rowOf(name);
    t.deepEqual(read({}, name), unset);
    t.deepEqual(read({ [name]: '' }, name), unset);
    t.deepEqual(read({ [name]: ' \t' }, name), unset);
    for (const [text, value] of good) t.deepEqual(read({ [name]: ` ${text} ` }, name), value);
    for (const text of bad) {
      const error = t.throws(() => read({ [name]: text }, name, () => 'ORIGIN'), { instanceOf: KfError }, text);
      t.is(error.code, 'OTEL_INVALID');
      t.true(error.message.startsWith('ORIGIN '));
      t.regex(error.why, /^expected /);
      t.not(error.fix, '');
    }
  });
}

test('nearly a word: the error says which was meant', (t) => {
  const why = (name: VariableName, text: string) =>
    t.throws(() => read({ [name]: text }, name), { instanceOf: KfError }).why;
  t.regex(why('OTEL_EXPORTER_OTLP_PROTOCOL', 'GPRC'), /did you mean grpc\?/);
  t.regex(why('OTEL_TRACES_EXPORTER', 'otlp,consol'), /did you mean console\?/);
  t.regex(why('OTEL_PROPAGATORS', 'jaegar'), /did you mean jaeger\?/);
});

test('an exporter list with none sends nothing, wherever none stands', (t) => {
  for (const list of ['none', 'otlp,none', 'None,OTLP']) {
    t.deepEqual(readSettings({ OTEL_TRACES_EXPORTER: list }).exporters.traces, []);
  }
  const { notes } = checkOtel({ OTEL_TRACES_EXPORTER: 'otlp,none' }, (name) => name);
  t.deepEqual(notes, ['OTEL_TRACES_EXPORTER lists none beside others: none it is']);
});

const environments = fc.dictionary(fc.constantFrom(...names), fc.nat(), { maxKeys: 8 }).map((picked) =>
  Object.fromEntries(
    Object.entries(picked).map(([name, n]) => {
      const { good, bad } = rowOf(name as VariableName);
      const texts = [...good.map(([text]) => text), ...(n % 10 === 0 ? bad : []), ''];
      return [name, texts[n % texts.length]!];
    }),
  ),
);

/** All that a worker reads. */
async function readAsWorker(env: Record<string, string>): Promise<void> {
  const { targets } = readSettings(env);
  for (const signal of OTLP_SIGNALS) {
    const named = (['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const).flatMap((suffix) => [
      textOf(env, `OTEL_EXPORTER_OTLP_${suffix}`),
      textOf(env, `OTEL_EXPORTER_OTLP_${signal.toUpperCase() as 'LOGS'}_${suffix}`),
    ]);
    // A file that is missing is found out by who opens it.
    if (named.every((file) => file === undefined)) collectorOf(env, signal, targets[signal], {});
    requestTimeoutOf(env, signal);
  }
  createSampler(env);
  await createPropagator(env);
  readBatch(env);
  readBatch(env, 'OTEL_BLRP');
  readTemporality(env);
  readAggregation(env);
  createFilter(env);
  resourceAttributes({ instanceId: 'i', pid: 1, script: '/a.js' }, { name: 'a' } as never, env);
}

test('what a start accepts no worker refuses', async (t) => {
  await fc.assert(
    fc.asyncProperty(environments, async (env) => {
      try {
        checkOtel(env, (name) => name);
      } catch (error) {
        t.true(error instanceof KfError);
        return;
      }
      await readAsWorker(env);
      await readAsWorker({ ...env, ...checkOtel(env, (name) => name).normalized });
    }),
    { numRuns: 500 },
  );
  t.pass();
});
