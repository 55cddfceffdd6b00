import type { OtlpSuffix, VariableName } from './variables.js';

/** Who defines a variable. */
export const SPECS = {
  sdk: [
    'SDK environment variables',
    'https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/',
  ],
  otlp: ['OTLP exporter', 'https://opentelemetry.io/docs/specs/otel/protocol/exporter/'],
  metrics: ['OTLP metrics exporter', 'https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/'],
  resource: ['Resource SDK', 'https://opentelemetry.io/docs/specs/otel/resource/sdk/'],
  js: ['OpenTelemetry JS', 'https://opentelemetry.io/docs/zero-code/js/configuration/'],
  semconv: ['HTTP semantic conventions', 'https://opentelemetry.io/docs/specs/semconv/http/'],
  ours: ['kf-cluster', undefined],
} as const;

/** What a variable means here. */
export interface Meaning {
  readonly text: string;
  readonly spec: keyof typeof SPECS;
  /** What stands for the default where it is none of the variable's own. */
  readonly unset?: string;
}

type OfOneSignal = `OTEL_EXPORTER_OTLP_${'TRACES' | 'METRICS' | 'LOGS'}_${OtlpSuffix}`;

/** For the docs alone: a process that reads the variables does not load it. Each in the order of the docs. */
export const MEANINGS: Readonly<Record<Exclude<VariableName, OfOneSignal>, Meaning>> = {
  OTEL_SDK_DISABLED: { text: '`true`: no provider at all', spec: 'sdk' },
  OTEL_LOG_LEVEL: { text: "the SDK's diagnostics in the worker's log", spec: 'sdk', unset: 'silent' },
  OTEL_SERVICE_NAME: {
    text: '`service.name`; wins over `OTEL_RESOURCE_ATTRIBUTES`',
    spec: 'sdk',
    unset: "the app's package name, else `unknown_service:node`",
  },
  OTEL_SERVICE_VERSION: {
    text: '`service.version`; wins over `OTEL_RESOURCE_ATTRIBUTES`',
    spec: 'ours',
    unset: "the app's package version",
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    text: 'attributes of every span, metric and log record. `service.instance.id` in it is ignored: all workers share the variable',
    spec: 'resource',
  },
  OTEL_PROPAGATORS: {
    text: 'how a trace goes on from process to process; `none` stands for the whole list',
    spec: 'sdk',
  },
  OTEL_TRACES_EXPORTER: {
    text: 'where spans go; with several, the outcome of the first is accounted. `none` stands for the whole list',
    spec: 'sdk',
  },
  OTEL_METRICS_EXPORTER: { text: 'where metrics go; `prometheus` is on `--admin-port`', spec: 'sdk' },
  OTEL_LOGS_EXPORTER: { text: 'where log records go', spec: 'sdk', unset: '`none`; `otlp` with `--capture-logs`' },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    text: 'the collector. Over HTTP the path of the signal (`/v1/traces`) is appended; the form of one signal is taken as it stands. Without a scheme: TLS, except to loopback. gRPC takes a socket too: `unix:/run/otel.sock`',
    spec: 'otlp',
    unset: '`http://localhost:4317`, over HTTP `http://localhost:4318`',
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: { text: 'how it is spoken to', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_INSECURE: { text: '`true`: an endpoint without a scheme is `http://`', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_HEADERS: { text: 'sent with every request, by the rule below; never shown', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_HEADERS_FILE: {
    text: 'a file of headers, by the rule below; wins over the headers variables. Read by each worker, so that no key stands in an environment or an argv',
    spec: 'ours',
  },
  OTEL_EXPORTER_OTLP_COMPRESSION: { text: 'of requests', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_TIMEOUT: { text: 'of one request', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_CERTIFICATE: {
    text: 'PEM file of the authorities that are trusted; read anew for each connection. Verification is never off',
    spec: 'otlp',
    unset: "Node's",
  },
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: { text: 'PEM file for mTLS; needs the key', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_CLIENT_KEY: { text: 'PEM file for mTLS; needs the certificate', spec: 'otlp' },
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: {
    text: 'sums since the start, or since the last export',
    spec: 'metrics',
  },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: { text: 'the buckets of a histogram', spec: 'metrics' },
  OTEL_TRACES_SAMPLER: { text: 'which traces are recorded', spec: 'sdk' },
  OTEL_TRACES_SAMPLER_ARG: { text: 'the share of traces kept by a `traceidratio` sampler', spec: 'sdk' },
  OTEL_BSP_MAX_QUEUE_SIZE: { text: 'spans in the queue; a full one is handed on', spec: 'sdk' },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: { text: 'spans in a request, the queue at most', spec: 'sdk' },
  OTEL_BSP_SCHEDULE_DELAY: { text: 'from the first item to the handing on of its batch', spec: 'sdk' },
  OTEL_BSP_EXPORT_TIMEOUT: { text: 'checked, else without a meaning: a batch is stored at once', spec: 'sdk' },
  OTEL_BLRP_MAX_QUEUE_SIZE: { text: 'log records in the queue; a full one is handed on', spec: 'sdk' },
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: { text: 'log records in a request, the queue at most', spec: 'sdk' },
  OTEL_BLRP_SCHEDULE_DELAY: { text: 'from the first item to the handing on of its batch', spec: 'sdk' },
  OTEL_BLRP_EXPORT_TIMEOUT: { text: 'checked, else without a meaning: a batch is stored at once', spec: 'sdk' },
  OTEL_METRIC_EXPORT_INTERVAL: { text: 'from one collection to the next', spec: 'sdk' },
  OTEL_METRIC_EXPORT_TIMEOUT: { text: 'of a collection, the interval at most', spec: 'sdk' },
  OTEL_ATTRIBUTE_COUNT_LIMIT: { text: 'attributes of a span or a log record', spec: 'sdk' },
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: { text: 'characters of an attribute', spec: 'sdk', unset: 'no limit' },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: { text: 'attributes of a span', spec: 'sdk', unset: 'as `OTEL_ATTRIBUTE_*`' },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: { text: 'characters of one', spec: 'sdk', unset: 'as `OTEL_ATTRIBUTE_*`' },
  OTEL_SPAN_EVENT_COUNT_LIMIT: { text: 'events of a span', spec: 'sdk' },
  OTEL_SPAN_LINK_COUNT_LIMIT: { text: 'links of a span', spec: 'sdk' },
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: { text: 'attributes of an event', spec: 'js' },
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: { text: 'attributes of a link', spec: 'js' },
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: {
    text: 'attributes of a log record',
    spec: 'sdk',
    unset: 'as `OTEL_ATTRIBUTE_*`',
  },
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    text: 'characters of one',
    spec: 'sdk',
    unset: 'as `OTEL_ATTRIBUTE_*`',
  },
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: {
    text: 'the only ones, by short name: `http`, `undici`, `pg`',
    spec: 'js',
    unset: 'all that are found',
  },
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: { text: 'those that are left out', spec: 'js', unset: 'none' },
  OTEL_NODE_RESOURCE_DETECTORS: {
    text: 'what a resource says; `container` and the clouds by the packages of OpenTelemetry that the app has, waited for 2 s at most',
    spec: 'js',
    unset: 'env, host, os, process, serviceinstance',
  },
  OTEL_SEMCONV_STABILITY_OPT_IN: {
    text: 'HTTP spans have the stable attributes, with `http/dup` the old ones too; other instrumentations read it by themselves',
    spec: 'semconv',
  },
};
