import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { checkOtel } from '../../src/otel-env/check-environment.js';
import { targetOf } from '../../src/otel-env/otlp-target.js';
import { redact } from '../../src/otel-env/redact.js';

const check = (vars: Record<string, string>) => checkOtel(vars, (name) => name);

test('good values', (t) => {
  const good: ReadonlyArray<Record<string, string>> = [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://host/ingester/otlp/traces', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h:4318/v1/traces', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
    { OTEL_TRACES_EXPORTER: 'otlp,console' },
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: 'unused' },
    { OTEL_PROPAGATORS: 'tracecontext, baggage,b3multi,xray' },
    { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,team=a b' },
    { OTEL_SDK_DISABLED: 'TRUE', OTEL_LOG_LEVEL: 'DEBUG', OTEL_BSP_SCHEDULE_DELAY: '0' },
    { OTEL_EXPORTER_OTLP_PROTOCOL: '' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:///run/otel.sock' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:otel.sock', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  ];
  for (const vars of good) t.notThrows(() => check(vars), JSON.stringify(vars));
});

const BAD: ReadonlyArray<[Record<string, string>, RegExp]> = [
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'not a url' }, /a URL/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' }, /a URL/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://host' }, /a URL/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://host:99999' }, /a URL/],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'gprc' }, /did you mean grpc/],
  [{ OTEL_TRACES_EXPORTER: 'otlp,consol' }, /did you mean console/],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /otlp, console, none/],
  [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /traceidratio/],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1.5' }, /0 to 1/],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '-0.1' }, /0 to 1/],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'half' }, /0 to 1/],
  [{ OTEL_PROPAGATORS: 'w3c' }, /tracecontext/],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'team' }, /key=value/],
  [{ OTEL_BSP_MAX_QUEUE_SIZE: '0' }, /at least 1/],
  [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zip' }, /gzip/],
];

for (const [vars, expected] of BAD) {
  test(`bad: ${JSON.stringify(vars)}`, (t) => {
    const error = t.throws(() => check(vars), { instanceOf: KfError });
    t.is(error.code, 'OTEL_INVALID');
    t.true(error.message.startsWith(Object.keys(vars).at(-1)!));
    t.regex(error.why, expected);
  });
}

test('without a scheme: TLS, unless it is this machine or insecure; a socket stays as it is', (t) => {
  const endpoint = (value: string, more: Record<string, string> = {}) =>
    check({ OTEL_EXPORTER_OTLP_ENDPOINT: value, ...more }).normalized.OTEL_EXPORTER_OTLP_ENDPOINT;
  t.is(endpoint('collector:4317'), 'https://collector:4317');
  t.is(endpoint('localhost:4317'), 'http://localhost:4317');
  t.is(endpoint('127.0.0.1:4317'), 'http://127.0.0.1:4317');
  t.is(endpoint('collector:4317', { OTEL_EXPORTER_OTLP_INSECURE: 'true' }), 'http://collector:4317');
  t.is(endpoint('http://collector:4317'), undefined);
  t.is(endpoint('unix:/run/otel.sock'), undefined);
});

test('workers see words in lower case, whatever they were given in', (t) => {
  const env = { OTEL_TRACES_SAMPLER: 'Always_On', OTEL_PROPAGATORS: 'b3, TraceContext', OTEL_SDK_DISABLED: 'true' };
  t.deepEqual(check({ ...env, OTEL_SERVICE_NAME: 'Shop' }).normalized, {
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_PROPAGATORS: 'b3, tracecontext',
  });
});

test('a base endpoint without a scheme stays as it is where one signal is insecure and another is not', (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_LOGS_INSECURE: 'true' };
  t.deepEqual(check(env).normalized, {});
  t.is(targetOf(env, 'logs').url, 'http://collector:4317');
  t.is(targetOf(env, 'traces').url, 'https://collector:4317');
});

test('a unix socket is for grpc', (t) => {
  const vars = { OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:/run/otel.sock', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  const error = t.throws(() => check(vars), { instanceOf: KfError });
  t.regex(error.message, /unix socket, but the protocol is http\/json/);
});

test('grpc with a path of OTLP over HTTP is explained, also when grpc is only the default', (t) => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/traces' };
  t.regex(t.throws(() => check(endpoint)).message, /ends in \/v1\/traces, but the protocol is grpc, the default/);
  const error = t.throws(() => check({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), { instanceOf: KfError });
  t.regex(error.message, /OTEL_EXPORTER_OTLP_PROTOCOL is grpc/);
  t.regex(error.fix, /http\/protobuf/);
});

test('a header value is in no message', (t) => {
  const error = t.throws(() => check({ OTEL_EXPORTER_OTLP_HEADERS: 's3cr3t' }), { instanceOf: KfError });
  t.notRegex(error.render(), /s3cr3t/);
});

test('two mistakes that look right are noted', (t) => {
  t.regex(check({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }).notes[0]!, /port 4318.*grpc/);
  const doubled = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/traces', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  t.regex(check(doubled).notes[0]!, /appended/);
});

test('where traces go', (t) => {
  const url = (vars: Record<string, string>) => targetOf(vars, 'traces').url;
  const http = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
  t.is(url({}), 'http://localhost:4317');
  t.is(url(http), 'http://localhost:4318/v1/traces');
  t.is(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:4317/x' }), 'https://c:4317');
  t.is(url({ ...http, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/base/' }), 'http://c:4318/base/v1/traces');
  t.is(url({ ...http, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:1/exact' }), 'http://c:1/exact');
  t.is(url({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json', ...{} }), 'http://localhost:4318/v1/traces');
});

test('what is redacted', (t) => {
  t.is(redact('OTEL_EXPORTER_OTLP_HEADERS', 'kf-api-key=1'), '[redacted]');
  t.is(redact('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'a=b'), '[redacted]');
  t.is(redact('OTEL_EXPORTER_OTLP_HEADERS_FILE', '/etc/headers'), '/etc/headers');
  t.is(redact('X', 'https://user:pw@host/p?key=1'), 'https://[redacted]@host/p?key=[redacted]');
  t.is(redact('X', 'http://host:4317'), 'http://host:4317');
});

test('an endpoint of logs or metrics is judged as that of traces is, once the signal is sent', (t) => {
  const vars = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/logs' };
  t.deepEqual(check(vars).notes, []);
  t.regex(check({ ...vars, OTEL_LOGS_EXPORTER: 'otlp' }).notes[0]!, /already ends in \/v1\/logs/);
  t.throws(() => check({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4318/v1/metrics' }), {
    message: /METRICS_ENDPOINT ends in \/v1\/metrics, but the protocol is grpc/,
  });
});
