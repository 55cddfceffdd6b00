import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runChecks } from '../../src/diagnose/check.js';
import { COLLECTOR_CONFIG_CHECKS, readCollectorConfig } from '../../src/diagnose/collector/collector-config.js';
import { examine } from '../../src/diagnose/doctor.js';
import { write } from './set-up.js';

const TRACES = [{ signal: 'traces', protocol: 'grpc' as const }];
const EXPORTERS = 'exporters: {otlphttp: {endpoint: "https://x"}}\n';
const GRPC = 'receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}}\n';
const PIPELINE = 'service: {pipelines: {traces: {receivers: [otlp], exporters: [otlphttp]}}}\n';

/** The ids and the texts that are found in a configuration. */
async function find(t: ExecutionContext, text: string, wanted: Parameters<typeof readCollectorConfig>[1] = TRACES) {
  const file = join(write(t, { files: { 'c.yaml': text } }), 'c.yaml');
  const found = await runChecks(COLLECTOR_CONFIG_CHECKS, await readCollectorConfig(file, wanted));
  return found.map(({ id, what, why, fix }) => ({ id, text: `${what}; ${why}; ${fix}`.replaceAll(file, 'FILE') }));
}

const CASES: readonly (readonly [what: string, text: string, ids: readonly string[], says?: RegExp])[] = [
  ['that is in order', `${GRPC}${EXPORTERS}${PIPELINE}`, []],
  [
    'whose receiver speaks the other protocol',
    `receivers: {otlp: {protocols: {http: {endpoint: "0.0.0.0:4318"}}}}\n${EXPORTERS}${PIPELINE}`,
    ['collector-receiver'],
    /no otlp receiver for grpc; its receivers speak http;.*4317/,
  ],
  [
    'without a receiver of OTLP',
    `receivers: {jaeger: {}}\n${EXPORTERS}service: {pipelines: {traces: {receivers: [jaeger], exporters: [otlphttp]}}}\n`,
    ['collector-receiver', 'collector-pipeline'],
    /there is no otlp receiver with a protocol/,
  ],
  [
    'with a named receiver and a named pipeline',
    `receivers: {otlp/in: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}}\n${EXPORTERS}service: {pipelines: {traces/a: {receivers: [otlp/in], exporters: [otlphttp]}}}\n`,
    [],
  ],
  [
    'whose receiver names no endpoint',
    `receivers: {otlp: {protocols: {grpc: }}}\n${EXPORTERS}${PIPELINE}`,
    ['collector-interface'],
    /names no endpoint/,
  ],
  [
    'whose receiver listens on loopback alone',
    `receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:4317"}}}}\n${EXPORTERS}${PIPELINE}`,
    ['collector-interface'],
    /listens on 127\.0\.0\.1:4317/,
  ],
  [
    'without a pipeline for the signal',
    `${GRPC}${EXPORTERS}service: {pipelines: {metrics: {receivers: [otlp], exporters: [otlphttp]}}}\n`,
    ['collector-pipeline'],
    /no pipeline takes traces from otlp/,
  ],
  [
    'whose pipeline names what is not defined',
    `${GRPC}${EXPORTERS}service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [otlphttp, kafka]}}}\n`,
    ['collector-undefined', 'collector-undefined'],
    /the pipeline traces names processor batch/,
  ],
  [
    'that joins pipelines by a connector',
    `${GRPC}${EXPORTERS}connectors: {spanmetrics: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [spanmetrics]}, metrics: {receivers: [spanmetrics], exporters: [otlphttp]}}}\n`,
    [],
  ],
  [
    'that prints what it takes',
    `${GRPC}exporters: {debug/all: {}, nop: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug/all, nop]}}}\n`,
    ['collector-no-exit'],
    /ends in debug\/all, nop/,
  ],
  [
    'that prints it and sends it on',
    `${GRPC}exporters: {debug: {}, otlphttp: {}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug, otlphttp]}}}\n`,
    [],
  ],
];

for (const [what, text, ids, says] of CASES) {
  test(`a configuration of a collector ${what}`, async (t) => {
    const found = await find(t, text);
    t.deepEqual(
      found.map(({ id }) => id),
      ids,
    );
    if (says) t.regex(found[0]?.text ?? '', says);
  });
}

test('each signal and each protocol that is sent is looked for, once', async (t) => {
  const wanted = [
    ...TRACES,
    { signal: 'logs', protocol: 'http/json' as const },
    { signal: 'metrics', protocol: 'http/protobuf' as const },
    { signal: 'metrics', protocol: 'grpc' as const },
  ];
  const found = await find(t, `${GRPC}${EXPORTERS}${PIPELINE}`, wanted);
  t.deepEqual(
    found.map(({ text }) => text.split(';')[0]),
    [
      'FILE has no otlp receiver for http',
      'FILE: no pipeline takes logs from otlp',
      'FILE: no pipeline takes metrics from otlp',
    ],
  );
});

test('sections of another form than a collector has are empty ones, and no check fails on them', async (t) => {
  for (const text of ['{}', 'text', '[]', 'receivers: [otlp]\nservice: {pipelines: [traces]}\n', 'service: x'])
    t.deepEqual(
      (await find(t, text)).map(({ id }) => id),
      ['collector-receiver', 'collector-pipeline'],
      text,
    );
  const odd = 'service: {pipelines: {traces: text, logs: {receivers: otlp, exporters: {}}}}\n';
  t.deepEqual(
    (await find(t, `${GRPC}${EXPORTERS}${odd}`)).map(({ id }) => id),
    ['collector-pipeline'],
  );
});

test('a file that is not there, is no file, or is no YAML is wrong usage, with a reason of one line', async (t) => {
  const dir = write(t, { files: { 'bad.yaml': 'a: [\nb: }\n' } });
  for (const file of [join(dir, 'bad.yaml'), join(dir, 'none.yaml'), dir]) {
    const error = await t.throwsAsync(readCollectorConfig(file, TRACES), { code: 'BAD_FLAG' }, file);
    t.true(error?.message.includes(file));
    t.false((error as { why?: string }).why?.includes('\n'));
  }
});

test('doctor looks for what the app sends: its protocol and its signals', async (t) => {
  const dir = write(t, { files: { 'c.yaml': `${GRPC}${EXPORTERS}${PIPELINE}` } });
  const findings = async (env: Record<string, string>) => {
    const input = { script: 'app.js', args: [], flags: {}, environment: { HOME: dir, ...env }, cwd: dir };
    const { report } = await examine(input, { offline: true, collectorConfig: join(dir, 'c.yaml') });
    for (const id of Object.keys(COLLECTOR_CONFIG_CHECKS)) t.true(report.checks.includes(id), id);
    return report.findings.filter(({ id }) => id in COLLECTOR_CONFIG_CHECKS).map(({ id }) => id);
  };
  t.deepEqual(await findings({}), []);
  t.deepEqual(await findings({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }), ['collector-receiver']);
  t.deepEqual(await findings({ OTEL_LOGS_EXPORTER: 'otlp' }), ['collector-pipeline']);
  t.deepEqual(await findings({ OTEL_TRACES_EXPORTER: 'none' }), []);
});
