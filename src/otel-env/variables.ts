import { OTLP_PROTOCOLS } from '../contract/otlp-protocols.js';
import { keysOf, tableOf } from '../contract/table-keys.js';
import {
  ATTRIBUTES,
  ENDPOINT,
  FILE,
  type Form,
  HEADERS,
  integer,
  milliseconds,
  NAMES,
  SHARE,
  TEXT,
  TRUTH,
  word,
  words,
} from './forms.js';

export const OTLP_SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

/** One variable. What it means and who defines it stands in meanings.ts, which only the docs load. */
export interface Variable<V = unknown, D = unknown> {
  readonly form: Form<V>;
  /** The value where the variable is unset or empty. */
  readonly fallback: D;
}

type Signalled<S extends string> = `OTEL_EXPORTER_OTLP_${'' | 'TRACES_' | 'METRICS_' | 'LOGS_'}${S}`;

/**
 * Every OTEL_* variable that means something here, how it is read and its default. The supervisor checks all of them before
 * it forks, with the same code that a worker, `register` and the flush process read them by. Words are taken in any case, as
 * the specification asks; an unknown one ends the start, where the specification would warn and ignore it.
 */
export const VARIABLES = {
  OTEL_SDK_DISABLED: variable(TRUTH, false),
  OTEL_LOG_LEVEL: variable(word('none', 'error', 'warn', 'info', 'debug', 'verbose', 'all')),
  OTEL_SERVICE_NAME: variable(TEXT),
  OTEL_SERVICE_VERSION: variable(TEXT),
  OTEL_RESOURCE_ATTRIBUTES: variable(ATTRIBUTES, {}),
  OTEL_PROPAGATORS: variable(words('tracecontext', 'baggage', 'b3', 'b3multi', 'xray', 'jaeger', 'none'), [
    'tracecontext',
    'baggage',
  ]),
  OTEL_TRACES_EXPORTER: variable(words('otlp', 'console', 'none'), ['otlp']),
  OTEL_METRICS_EXPORTER: variable(words('otlp', 'console', 'prometheus', 'none'), ['none']),
  OTEL_LOGS_EXPORTER: variable(words('otlp', 'console', 'none'), ['none']),
  ...signalled('ENDPOINT', variable(ENDPOINT)),
  ...signalled('PROTOCOL', variable(word(...keysOf(OTLP_PROTOCOLS)), 'grpc')),
  ...signalled('INSECURE', variable(TRUTH, false)),
  ...signalled('HEADERS', variable(HEADERS, {})),
  OTEL_EXPORTER_OTLP_HEADERS_FILE: variable(FILE),
  ...signalled('COMPRESSION', variable(word('none', 'gzip'), 'none')),
  ...signalled('TIMEOUT', variable(milliseconds(1), 10_000)),
  ...signalled('CERTIFICATE', variable(FILE)),
  ...signalled('CLIENT_CERTIFICATE', variable(FILE)),
  ...signalled('CLIENT_KEY', variable(FILE)),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: variable(word('cumulative', 'delta', 'lowmemory'), 'cumulative'),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: variable(
    word('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
    'explicit_bucket_histogram',
  ),
  OTEL_TRACES_SAMPLER: variable(
    word(
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ),
    'parentbased_always_on',
  ),
  OTEL_TRACES_SAMPLER_ARG: variable(SHARE, 1),
  OTEL_BSP_MAX_QUEUE_SIZE: variable(integer(1), 2048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: variable(integer(1), 512),
  OTEL_BSP_SCHEDULE_DELAY: variable(milliseconds(0), 5000),
  OTEL_BSP_EXPORT_TIMEOUT: variable(milliseconds(0)),
  OTEL_BLRP_MAX_QUEUE_SIZE: variable(integer(1), 2048),
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: variable(integer(1), 512),
  OTEL_BLRP_SCHEDULE_DELAY: variable(milliseconds(0), 1000),
  OTEL_BLRP_EXPORT_TIMEOUT: variable(milliseconds(0)),
  OTEL_METRIC_EXPORT_INTERVAL: variable(milliseconds(1), 60_000),
  OTEL_METRIC_EXPORT_TIMEOUT: variable(milliseconds(1), 30_000),
  OTEL_ATTRIBUTE_COUNT_LIMIT: variable(integer(0), 128),
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: variable(integer(0)),
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: variable(integer(0)),
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: variable(integer(0)),
  OTEL_SPAN_EVENT_COUNT_LIMIT: variable(integer(0), 128),
  OTEL_SPAN_LINK_COUNT_LIMIT: variable(integer(0), 128),
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: variable(integer(0), 128),
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: variable(integer(0), 128),
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: variable(integer(0)),
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: variable(integer(0)),
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: variable(NAMES),
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: variable(NAMES),
  OTEL_NODE_RESOURCE_DETECTORS: variable(
    words(
      ...(['env', 'host', 'os', 'process', 'serviceinstance', 'container'] as const),
      ...(['aws', 'gcp', 'azure', 'alibaba', 'all', 'none'] as const),
    ),
  ),
  OTEL_SEMCONV_STABILITY_OPT_IN: variable(NAMES),
};

export type VariableName = keyof typeof VARIABLES;

/** What a variable is read to, its default included. */
export type ValueOf<N extends VariableName> = (typeof VARIABLES)[N] extends Variable<infer V, infer D> ? V | D : never;

function variable<V>(form: Form<V>): Variable<V, undefined>;
function variable<V>(form: Form<V>, fallback: NoInfer<V>): Variable<V, V>;
function variable<V>(form: Form<V>, fallback?: V): Variable<V, V | undefined> {
  return { form, fallback };
}

/** The variable for all signals and those of one: the latter win. */
function signalled<S extends string, R>(suffix: S, row: R): Record<Signalled<S>, R> {
  const names = (['', 'TRACES_', 'METRICS_', 'LOGS_'] as const).map(
    (signal): Signalled<S> => `OTEL_EXPORTER_OTLP_${signal}${suffix}`,
  );
  return tableOf(names, () => row);
}

/** What may be said of one signal alone. */
export type OtlpSuffix =
  | 'ENDPOINT'
  | 'PROTOCOL'
  | 'INSECURE'
  | 'HEADERS'
  | 'COMPRESSION'
  | 'TIMEOUT'
  | 'CERTIFICATE'
  | 'CLIENT_CERTIFICATE'
  | 'CLIENT_KEY';

const INFIXES = { traces: 'TRACES_', metrics: 'METRICS_', logs: 'LOGS_' } as const satisfies Record<OtlpSignal, string>;

/** The name of an OTLP variable, of one signal or of all. */
export function otlpName<S extends OtlpSuffix>(signal: OtlpSignal | undefined, suffix: S): Signalled<S> {
  return `OTEL_EXPORTER_OTLP_${signal ? INFIXES[signal] : ''}${suffix}`;
}
