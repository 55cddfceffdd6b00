import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MetricReader } from '@opentelemetry/sdk-metrics';

/** A reader that collects only when it is scraped, and what it then says. */
export function prometheusReader(): { readonly reader: MetricReader; readonly scrape: () => Promise<string> } {
  const reader = new PullReader();
  const serializer = new PrometheusSerializer();
  return {
    reader,
    scrape: async () => serializer.serialize((await reader.collect()).resourceMetrics),
  };
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
