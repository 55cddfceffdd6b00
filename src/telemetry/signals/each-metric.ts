import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** Each metric with its resource and scope, as if it were alone. */
export function eachMetric({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics[] {
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.map((metric) => ({ resource, scopeMetrics: [{ scope, metrics: [metric] }] })),
  );
}
