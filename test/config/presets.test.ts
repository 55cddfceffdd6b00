import test from 'ava';
import { PRESET_NAMES, type PresetName } from '../../src/config/presets.js';
import { resolveOptions } from '../../src/config/resolve.js';
import { readSettings } from '../../src/otel-env/export-settings.js';
import { read } from '../../src/otel-env/read-variable.js';

const resolve = (flags: Record<string, string>, environment: Record<string, string> = {}) => {
  const resolved = resolveOptions({ flags, environment, base: '/' });
  const env = { ...environment, ...resolved.env };
  return { ...resolved, env, traces: readSettings(env).targets.traces };
};

const WANTED: Readonly<Record<PresetName, readonly [url: string, protocol: string]>> = {
  collector: ['http://localhost:4317', 'grpc'],
  'kf-agent': ['http://kf-agent:4317', 'grpc'],
  'kf-agent-http': ['http://kf-agent:4318/v1/traces', 'http/protobuf'],
  'kloudfuse-direct': ['https://kf.example.com/ingester/otlp/traces', 'http/protobuf'],
  coroot: ['http://coroot.coroot:8080/v1/traces', 'http/protobuf'],
  cloudwatch: ['http://localhost:4317', 'grpc'],
};

for (const name of PRESET_NAMES) {
  test(`--preset ${name}: where spans go, and how`, (t) => {
    const said: Record<string, string> =
      name === 'kloudfuse-direct' ? { 'exporter-otlp-endpoint': 'https://kf.example.com' } : {};
    const headers: Record<string, string> =
      name === 'kloudfuse-direct' ? { OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=abc' } : {};
    const { traces, notes } = resolve({ preset: name, ...said }, headers);
    t.deepEqual([traces.url, traces.protocol], [...WANTED[name]]);
    t.deepEqual(notes, []);
  });
}

test('cloudwatch has the ids and the propagator of X-Ray', (t) => {
  const { values, env } = resolve({ preset: 'cloudwatch' });
  t.is(values['id-generator'], 'xray');
  t.true(read(env, 'OTEL_PROPAGATORS').includes('xray'));
});

test('whatever is said otherwise wins over a preset, and config says where each value is from', (t) => {
  const { traces, values, sources } = resolve(
    { preset: 'coroot', 'exporter-otlp-protocol': 'http/json' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:8080' },
  );
  t.deepEqual([traces.url, traces.protocol], ['http://c:8080/v1/traces', 'http/json']);
  t.is(values.preset, 'coroot');
  t.is(sources['exporter-otlp-endpoint'].layer, 'environment');
  t.deepEqual(resolve({ preset: 'coroot' }).sources['exporter-otlp-endpoint'], {
    layer: 'preset',
    name: '--preset coroot',
  });
});

test('what a preset needs and nobody has said is named', (t) => {
  const { notes } = resolve({ preset: 'kloudfuse-direct' });
  t.is(notes.length, 2);
  t.regex(notes[0]!, /needs --exporter-otlp-endpoint https:\/\/HOST/);
  t.regex(notes[1]!, /needs the key: kf-api-key=/);
});

test('a blank endpoint of all signals does not hide that of traces from a preset', (t) => {
  const said = { OTEL_EXPORTER_OTLP_ENDPOINT: ' ', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/v1/traces' };
  t.false(resolve({ preset: 'kloudfuse-direct' }, said).notes.some((note) => note.includes('endpoint')));
});

test('a preset may stand in the environment or a file, and an unknown one is refused', (t) => {
  t.is(resolve({}, { KF_CLUSTER_PRESET: 'coroot' }).traces.url, 'http://coroot.coroot:8080/v1/traces');
  t.throws(() => resolve({ preset: 'datadog' }), { message: /--preset is "datadog"/ });
});
