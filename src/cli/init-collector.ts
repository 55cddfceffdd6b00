import type { PresetName } from '../config/presets.js';

/** Keys and hosts come from the collector's own environment. */
const fromEnv = (name: string) => `$\{env:${name}}`;

interface Backend {
  /** The exporters, as YAML below `exporters:`. */
  readonly exporters: readonly string[];
  /** Their names; where metrics and logs need others than traces. */
  readonly traces: string;
  readonly metrics?: string;
  readonly logs?: string;
}

const overHttp = (...lines: readonly string[]): Backend => ({
  exporters: ['otlphttp:', ...lines.map((line) => `  ${line}`)],
  traces: 'otlphttp',
});

/** Where a collector sends on to, by the preset that it stands in front of. */
const BACKENDS: Readonly<Record<PresetName, Backend>> = {
  collector: overHttp('endpoint: https://BACKEND # what your backend names'),
  'kf-agent': { exporters: ['otlp:', '  endpoint: kf-agent:4317', '  tls: { insecure: true }'], traces: 'otlp' },
  'kf-agent-http': overHttp('endpoint: http://kf-agent:4318'),
  'kloudfuse-direct': overHttp(
    `traces_endpoint: https://${fromEnv('KLOUDFUSE_HOST')}/ingester/otlp/traces`,
    `headers: { kf-api-key: '${fromEnv('KLOUDFUSE_KEY')}' }`,
  ),
  coroot: overHttp('endpoint: http://coroot.coroot:8080'),
  cloudwatch: {
    exporters: [
      'awsxray:',
      `  region: '${fromEnv('AWS_REGION')}'`,
      'awsemf:',
      `  region: '${fromEnv('AWS_REGION')}'`,
      'awscloudwatchlogs:',
      `  region: '${fromEnv('AWS_REGION')}'`,
      '  log_group_name: kf-cluster',
      '  log_stream_name: workers',
    ],
    traces: 'awsxray',
    metrics: 'awsemf',
    logs: 'awscloudwatchlogs',
  },
};

/** The configuration of an OpenTelemetry Collector for what the workers send. */
export function collectorText(preset: PresetName): string {
  const { exporters, traces, metrics = traces, logs = traces } = BACKENDS[preset];
  const pipeline = (signal: string, exporter: string) => [
    `    ${signal}:`,
    '      receivers: [otlp]',
    '      processors: [memory_limiter, batch]',
    `      exporters: [${exporter}]`,
  ];
  return [
    `# An OpenTelemetry Collector for kf-cluster --preset ${preset}. Both protocols, on their usual ports.`,
    'receivers:',
    '  otlp:',
    '    protocols:',
    '      grpc:',
    '        endpoint: 0.0.0.0:4317',
    '      http:',
    '        endpoint: 0.0.0.0:4318',
    'processors:',
    '  memory_limiter:',
    '    check_interval: 1s',
    '    limit_percentage: 80',
    '  batch: {}',
    'exporters:',
    ...exporters.map((line) => `  ${line}`),
    'service:',
    '  pipelines:',
    ...pipeline('traces', traces),
    ...pipeline('metrics', metrics),
    ...pipeline('logs', logs),
    '',
  ].join('\n');
}

/** What runs it. The contrib image has the exporters of AWS too. */
export const COLLECTOR_COMMAND =
  'docker run --rm -p 4317:4317 -p 4318:4318 -v "$PWD/otelcol.yaml:/etc/otelcol-contrib/config.yaml" otel/opentelemetry-collector-contrib';
