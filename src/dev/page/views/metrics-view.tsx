import { type Signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { address, hrefOf } from '../data/address.js';
import type { MetricView } from '../data/contract.js';
import { metrics } from '../data/state.js';
import { WorkerBadge } from '../parts/badges.js';
import { Chart } from '../parts/chart.js';
import { Empty, Waiting } from '../parts/empty.js';
import { bytes, digits, duration } from '../parts/format.js';
import { Histogram } from '../parts/histogram.js';
import { Wide } from '../parts/wide.js';
import { addBuckets, linesOf } from './metric-series.js';

export function MetricsView() {
  const perWorker = useSignal(true);
  const all = metrics.value;
  if (all === undefined) return <Waiting />;
  if (all.length === 0) {
    return (
      <Empty title="No metrics yet">
        <p>
          Metrics of each worker arrive once in each export interval. The app's own, made with the metrics API, appear
          too.
        </p>
      </Empty>
    );
  }
  const chosen = all.find(({ name }) => name === address.value.id) ?? all[0];
  return (
    <section class="view metrics" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Metrics</h1>
        <label>
          <input
            type="checkbox"
            checked={perWorker.value}
            onChange={() => {
              perWorker.value = !perWorker.value;
            }}
          />{' '}
          a line for each worker
        </label>
      </div>
      <div class="beside">
        <ul class="names">
          {all.map(({ name, kind, series }) => (
            <li key={name}>
              <a data-row="" href={hrefOf({ view: 'metrics', id: name })} aria-current={name === chosen?.name}>
                {name}
              </a>{' '}
              <span class="muted">
                {kind}, {digits(series.length)} series
              </span>
            </li>
          ))}
        </ul>
        {chosen && <Metric metric={chosen} perWorker={perWorker} />}
      </div>
    </section>
  );
}

function Metric({ metric, perWorker }: { readonly metric: MetricView; readonly perWorker: Signal<boolean> }) {
  const format = formatOf(metric.unit);
  const lines = useMemo(() => linesOf(metric, perWorker.value), [metric, perWorker.value]);
  const buckets = metric.kind === 'histogram' ? addBuckets(metric.series) : undefined;
  return (
    <div class="metric">
      <p class="muted">{metric.description}</p>
      <Chart
        key={metric.name}
        title={metric.kind === 'histogram' ? `${metric.name}, count` : metric.name}
        times={lines.times}
        series={lines.series}
        format={metric.kind === 'histogram' ? digits : format}
      />
      {buckets && (
        <section class="block large">
          <h2>
            All workers: {digits(buckets.count)} values, mean {format(buckets.sum / Math.max(1, buckets.count))}
          </h2>
          <Histogram bounds={buckets.bounds} counts={buckets.counts} format={format} />
        </section>
      )}
      <SeriesTable metric={metric} format={format} />
    </div>
  );
}

const MOST_ROWS = 200;

function SeriesTable({ metric, format }: { readonly metric: MetricView; format(value: number): string }) {
  return (
    <Wide label="Series">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">Attributes</th>
            <th scope="col" class="number">
              Newest
            </th>
            {metric.kind === 'histogram' && <th scope="col">Buckets</th>}
          </tr>
        </thead>
        <tbody>
          {metric.series.slice(0, MOST_ROWS).map((one) => (
            <tr key={`${JSON.stringify(one.worker)} ${one.attributes.join()}`}>
              <td>
                <WorkerBadge worker={one.worker} />
              </td>
              <td class="name">{one.attributes.map(([key, value]) => `${key}=${value}`).join(', ') || '–'}</td>
              <td class="number">{newest(one.points, metric.kind === 'histogram' ? digits : format)}</td>
              {one.histogram && (
                <td>
                  <Histogram bounds={one.histogram.bounds} counts={one.histogram.counts} format={format} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function newest(points: readonly (readonly [at: number, value: number])[], format: (value: number) => string): string {
  const last = points.at(-1);
  return last === undefined ? '–' : format(last[1]);
}

/** By the unit, as UCUM writes it. */
function formatOf(unit: string): (value: number) => string {
  if (unit === 's') return (value) => duration(value * 1000);
  if (unit === 'ms') return duration;
  if (unit === 'By') return bytes;
  if (unit === '1') return digits;
  return (value) => `${digits(value)}${unit === '' || unit.startsWith('{') ? '' : ` ${unit}`}`;
}
