import { diag } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { eachMetric } from './each-metric.js';

/** A reader that collects only when it is scraped, and what it then says. */
export function prometheusReader(): { readonly reader: MetricReader; readonly scrape: () => Promise<string> } {
  const reader = new PullReader();
  const serializer = new PrometheusSerializer();
  return {
    reader,
    scrape: async () => serializeEach(serializer, (await reader.collect()).resourceMetrics),
  };
}

/** One metric that cannot be written, for an attribute that is no value, takes no other along. */
function serializeEach(serializer: PrometheusSerializer, all: ResourceMetrics): string {
  try {
    return serializer.serialize(all);
  } catch {
    // Which one it is shows below.
    return eachMetric(all)
      .map((one) => serializeOr(serializer, one, ''))
      .join('');
  }
}

function serializeOr(serializer: PrometheusSerializer, metrics: ResourceMetrics, otherwise: string): string {
  try {
    return serializer.serialize(metrics);
  } catch (error) {
    diag.warn('a metric cannot be written for Prometheus', metrics.scopeMetrics[0]?.metrics[0]?.descriptor.name, error);
    return otherwise;
  }
}

/** Nothing is pushed, so there is nothing to flush. */
class PullReader extends MetricReader {
  constructor() {
    super({ otelComponentType: 'prometheus_http_text_metric_exporter' });
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}
