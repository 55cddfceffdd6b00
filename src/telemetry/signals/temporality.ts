import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import { type Env, read } from '../../otel-env/read-variable.js';
import type { ValueOf } from '../../otel-env/variables.js';

const { CUMULATIVE, DELTA } = AggregationTemporality;
const UP_DOWN = [InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER];

const PREFERENCE = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';
const PREFERENCES: Readonly<Record<ValueOf<typeof PREFERENCE>, (type: InstrumentType) => AggregationTemporality>> = {
  cumulative: () => CUMULATIVE,
  // What goes up and down is a level: a difference of it says little.
  delta: (type) => (UP_DOWN.includes(type) ? CUMULATIVE : DELTA),
  lowmemory: (type) => (type === InstrumentType.COUNTER || type === InstrumentType.HISTOGRAM ? DELTA : CUMULATIVE),
};

/** OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE; cumulative by default. Throws OTEL_INVALID. */
export function readTemporality(env: Env): (type: InstrumentType) => AggregationTemporality {
  return PREFERENCES[read(env, PREFERENCE)];
}

const AGGREGATION = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
const HISTOGRAMS: Readonly<Record<ValueOf<typeof AGGREGATION>, AggregationOption>> = {
  explicit_bucket_histogram: { type: AggregationType.DEFAULT },
  base2_exponential_bucket_histogram: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
};

/** OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION; explicit buckets by default. Throws OTEL_INVALID. */
export function readAggregation(env: Env): (type: InstrumentType) => AggregationOption {
  const histogram = HISTOGRAMS[read(env, AGGREGATION)];
  return (type) => (type === InstrumentType.HISTOGRAM ? histogram : { type: AggregationType.DEFAULT });
}
