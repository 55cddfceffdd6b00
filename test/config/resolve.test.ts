import test from 'ava';
import fc from 'fast-check';
import { envNameOf, fileKeyOf } from '../../src/config/option-row.js';
import { ROWS } from '../../src/config/options.js';
import { LAYERS, type LayerInput, resolveOptions } from '../../src/config/resolve.js';
import { KfError } from '../../src/contract/errors.js';

const NOTHING: LayerInput = { flags: {}, environment: {}, base: '/srv' };

function errorOf(input: Partial<LayerInput>): KfError {
  try {
    resolveOptions({ ...NOTHING, ...input });
  } catch (error) {
    if (error instanceof KfError) return error;
    throw error;
  }
  throw new Error('resolved without an error');
}

const keyed = (label: string, values: Record<string, string>, env: Record<string, string> = {}) => ({
  label,
  base: `/${label}`,
  values,
  env,
});

test('the strongest layer that says something wins, for every subset of layers', (t) => {
  // A preset says nothing of this option: see presets.test.
  const given = LAYERS.filter((layer) => layer !== 'default' && layer !== 'preset');
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.subarray(given), (present) => {
        const value = (layer: string) => `${given.indexOf(layer as never) + 1}s`;
        const has = (layer: string) => present.includes(layer as never);
        const { values, sources } = resolveOptions({
          ...NOTHING,
          flags: has('flag') ? { 'drain-timeout': value('flag') } : {},
          environment: has('environment') ? { KF_CLUSTER_DRAIN_TIMEOUT: value('environment') } : {},
          envFile: has('env-file')
            ? { path: '.env', vars: { KF_CLUSTER_DRAIN_TIMEOUT: value('env-file') } }
            : undefined,
          code: has('code') ? keyed('code', { drainTimeout: value('code') }) : undefined,
          file: has('file') ? keyed('file', { drainTimeout: value('file') }) : undefined,
        });
        const strongest = given.find(has);
        const expected = strongest === undefined ? 20_000 : (given.indexOf(strongest) + 1) * 1000;
        return values['drain-timeout'] === expected && sources['drain-timeout'].layer === (strongest ?? 'default');
      }),
    ),
  );
});

test('every option has a default that parses, its own variable and its own key', (t) => {
  t.notThrows(() => resolveOptions(NOTHING));
  t.is(new Set(ROWS.map(envNameOf)).size, ROWS.length);
  t.is(new Set(ROWS.map(fileKeyOf)).size, ROWS.length);
});

test('WEB_CONCURRENCY counts as the environment, after our own variable', (t) => {
  const web = { WEB_CONCURRENCY: '3' };
  t.is(resolveOptions({ ...NOTHING, environment: web }).values.workers, 3);
  t.is(resolveOptions({ ...NOTHING, environment: { ...web, KF_CLUSTER_WORKERS: '5' } }).values.workers, 5);
  t.is(resolveOptions({ ...NOTHING, environment: web, flags: { workers: 'auto' } }).values.workers, 'auto');
});

test('an empty variable is no variable', (t) => {
  t.is(resolveOptions({ ...NOTHING, environment: { KF_CLUSTER_WORKERS: '' } }).sources.workers.layer, 'default');
});

test('relative paths start where their layer stands', (t) => {
  const { values } = resolveOptions({ ...NOTHING, flags: { 'env-file': 'a' }, file: keyed('etc', { hooks: 'b.js' }) });
  t.is(values['env-file'], '/srv/a');
  t.deepEqual(values.hooks, ['/etc/b.js']);
});

test('errors name what was written, in which layer, and what was expected', (t) => {
  const flag = errorOf({ flags: { workers: '0' } });
  t.is(flag.code, 'BAD_FLAG');
  t.is(flag.message, '--workers is "0"');
  t.regex(flag.why, /whole number from 1 to 1024, max or auto/);
  const variable = errorOf({ environment: { KF_CLUSTER_READY: 'now' } });
  t.is(variable.code, 'ENV_INVALID');
  t.regex(variable.message, /KF_CLUSTER_READY is "now"/);
  t.regex(variable.why, /listening, message/);
  t.is(errorOf({ file: keyed('f', { backoff: '9s' }) }).code, 'CONFIG_INVALID');
});

test('telemetry flags land in the environment of the workers under their OTEL_ name', (t) => {
  const flags = { 'service-name': 'shop', 'exporter-otlp-endpoint': 'https://c:4317', 'traces-sampler': 'always_on' };
  t.deepEqual(resolveOptions({ ...NOTHING, flags }).env, {
    OTEL_SERVICE_NAME: 'shop',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:4317',
    OTEL_TRACES_SAMPLER: 'always_on',
  });
});

test('files do not replace what the environment has; a flag does', (t) => {
  const input = {
    ...NOTHING,
    environment: { OTEL_SERVICE_NAME: 'env', COLOR: 'red' },
    envFile: { path: '.env', vars: { COLOR: 'blue', SIZE: 'L', KF_CLUSTER_NAME: 'x' } },
    file: keyed('file', { serviceName: 'file' }, { SIZE: 'S', SHAPE: 'round' }),
  };
  t.deepEqual(resolveOptions(input).env, { SIZE: 'L', SHAPE: 'round' });
  t.is(resolveOptions(input).values['service-name'], 'env');
  t.deepEqual(resolveOptions({ ...input, flags: { 'service-name': 'flag' } }).env, {
    SIZE: 'L',
    SHAPE: 'round',
    OTEL_SERVICE_NAME: 'flag',
  });
});

test('an endpoint without a scheme gets one, with a note that names where it came from', (t) => {
  const envFile = { path: '.env', vars: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' } };
  const { env, notes } = resolveOptions({ ...NOTHING, envFile });
  t.is(env.OTEL_EXPORTER_OTLP_ENDPOINT, 'https://collector:4317');
  const insecure = 'OTEL_EXPORTER_OTLP_INSECURE=true for http://';
  t.deepEqual(notes, [`OTEL_EXPORTER_OTLP_ENDPOINT in .env has no scheme: https:// is assumed; ${insecure}`]);
});

test('an unknown KF_CLUSTER_* variable is noted with the nearest one, wherever it stands', (t) => {
  const { notes } = resolveOptions({
    ...NOTHING,
    environment: { KF_CLUSTER_WORKES: '4' },
    envFile: { path: '.env', vars: { KF_CLUSTER_REDY: 'message' } },
    file: keyed('file', {}, { KF_CLUSTER_NAM: 'x' }),
    flags: { telemetry: false },
  });
  t.deepEqual(notes, [
    'KF_CLUSTER_WORKES is no option: did you mean KF_CLUSTER_WORKERS?',
    'KF_CLUSTER_REDY in .env is no option: did you mean KF_CLUSTER_READY?',
    'KF_CLUSTER_NAM in env of file is no option: did you mean KF_CLUSTER_NAME?',
  ]);
});

test('the headers file is a path for us and no variable for the workers', (t) => {
  const { values, env } = resolveOptions({ ...NOTHING, flags: { 'exporter-otlp-headers-file': 'h' } });
  t.is(values['exporter-otlp-headers-file'], '/srv/h');
  t.deepEqual(env, {});
});

test('without our telemetry OTEL_* is the business of the app', (t) => {
  const environment = { OTEL_TRACES_EXPORTER: 'zipkin' };
  t.notThrows(() => resolveOptions({ ...NOTHING, environment, flags: { telemetry: false } }));
  t.is(errorOf({ environment }).code, 'OTEL_INVALID');
});

test('what asks a telemetry that is off, or a scraper without a port, is told', (t) => {
  const notes = (flags: Record<string, string | boolean>) => resolveOptions({ ...NOTHING, flags }).notes;
  t.deepEqual(notes({ telemetry: false, 'capture-logs': true }), ['--capture-logs does nothing with --no-telemetry']);
  t.regex(notes({ 'metrics-exporter': 'prometheus' })[0]!, /nobody can scrape it: add --admin-port/);
  t.deepEqual(notes({ 'metrics-exporter': 'prometheus', 'admin-port': '9090' }), []);
  t.deepEqual(notes({ 'metrics-exporter': 'otlp', 'capture-logs': true }), []);
});
