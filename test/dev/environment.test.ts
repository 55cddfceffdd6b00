import test from 'ava';
import { redirect } from '../../src/dev/environment.js';

const URLS = { grpcUrl: 'http://127.0.0.1:4317', httpUrl: 'http://127.0.0.1:4318' };

const DEFAULTS = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '2000' };

test('an empty environment gets grpc, quick batches and metrics', (t) => {
  t.deepEqual(redirect({}, URLS), {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: URLS.grpcUrl,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      ...DEFAULTS,
    },
    notes: [],
  });
});

test('the protocol and the batch delay the user chose stay', (t) => {
  const { env } = redirect({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '50' }, URLS);
  t.deepEqual(env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: URLS.httpUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...DEFAULTS,
  });
});

test('metrics that the user does not want, or less often, are left as they are', (t) => {
  const { env } = redirect({ OTEL_METRICS_EXPORTER: 'none', OTEL_METRIC_EXPORT_INTERVAL: '9000' }, URLS);
  t.false('OTEL_METRICS_EXPORTER' in env || 'OTEL_METRIC_EXPORT_INTERVAL' in env);
});

test('endpoints and another exporter are overridden with a note', (t) => {
  const { env, notes } = redirect(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://far.example',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://far.example/traces',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
      OTEL_TRACES_EXPORTER: 'console',
    },
    URLS,
  );
  t.is(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, `${URLS.httpUrl}/v1/traces`);
  t.is(env.OTEL_EXPORTER_OTLP_ENDPOINT, URLS.httpUrl);
  t.is(env.OTEL_TRACES_EXPORTER, 'otlp');
  t.is(notes.length, 3);
  t.regex(notes.join('\n'), /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is overridden/);
  t.notRegex(notes.join('\n'), /far\.example/);
});

test('a signal with a protocol of its own comes to us by it', (t) => {
  const { env } = redirect({ OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json' }, URLS);
  t.is(env.OTEL_EXPORTER_OTLP_ENDPOINT, URLS.grpcUrl);
  t.is(env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, `${URLS.httpUrl}/v1/logs`);
  t.is(env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, undefined);
});

test('a proxy does not stand between a worker and the receiver', (t) => {
  const env = { https_proxy: 'http://proxy:3128', no_proxy: 'intern.example' };
  t.is(redirect(env, URLS).env.no_grpc_proxy, 'intern.example,127.0.0.1');
});

test('a disabled SDK is said', (t) => {
  t.regex(redirect({ OTEL_SDK_DISABLED: 'true' }, URLS).notes[0] ?? '', /OTEL_SDK_DISABLED/);
});
