import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import { type Env, invalid, textOf } from '../../otel-env/read.js';

const { CUMULATIVE, DELTA } = AggregationTemporality;
const UP_DOWN = [InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER];

const PREFERENCES: Readonly<Record<string, (type: InstrumentType) => AggregationTemporality>> = {
  cumulative: () => CUMULATIVE,
  // What goes up and down is a level: a difference of it says little.
  delta: (type) => (UP_DOWN.includes(type) ? CUMULATIVE : DELTA),
  lowmemory: (type) => (type === InstrumentType.COUNTER || type === InstrumentType.HISTOGRAM ? DELTA : CUMULATIVE),
};

/** OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE; cumulative by default. Throws OTEL_INVALID. */
export function readTemporality(env: Env): (type: InstrumentType) => AggregationTemporality {
  return choose(env, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', PREFERENCES, 'cumulative');
}

const HISTOGRAMS: Readonly<Record<string, AggregationOption>> = {
  explicit_bucket_histogram: { type: AggregationType.DEFAULT },
  base2_exponential_bucket_histogram: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
};

/** OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION; explicit buckets by default. Throws OTEL_INVALID. */
export function readAggregation(env: Env): (type: InstrumentType) => AggregationOption {
  const variable = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  const histogram = choose(env, variable, HISTOGRAMS, 'explicit_bucket_histogram');
  return (type) => (type === InstrumentType.HISTOGRAM ? histogram : { type: AggregationType.DEFAULT });
}

function choose<T>(env: Env, variable: string, table: Readonly<Record<string, T>>, fallback: string): T {
  const given = textOf(env, variable)?.toLowerCase() ?? fallback;
  const chosen = table[given];
  if (chosen === undefined) throw invalid(variable, given, `expected one of ${Object.keys(table).join(', ')}`);
  return chosen;
}
