import { useSignal } from '@preact/signals';
import type { NowView as Now } from '../data/contract.js';
import { hello, now } from '../data/state.js';
import { Chart, type Series } from '../parts/chart.js';
import { Empty, Waiting } from '../parts/empty.js';
import { bytes, digits, duration, slotName } from '../parts/format.js';
import { MarkList } from '../parts/mark-list.js';
import { seriesColor } from '../parts/theme.js';
import { PhaseBars } from './phase-bars.js';
import { recentOf } from './recent.js';
import { SkewTable } from './skew-table.js';

const PERCENTILES = ['p50', 'p95', 'p99'] as const;

export function NowView() {
  const percentile = useSignal<(typeof PERCENTILES)[number]>('p95');
  if (now.value === undefined) return <Waiting />;
  const { seconds, lanes: slots, marks } = recentOf(now.value, hello.value?.startedAt ?? 0);
  if (slots.length === 0) return <NoWorkers />;
  const series = (values: (one: Now['lanes'][number]) => Series['values']): readonly Series[] =>
    slots.map((one) => ({ label: slotName(one.slot), color: seriesColor(one.slot), values: values(one) }));
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Now</h1>
        <span class="muted">up to five minutes</span>
        <span class="grow" />
        <label>
          Latency{' '}
          <select
            value={percentile.value}
            onChange={(event) => {
              percentile.value = PERCENTILES.find((one) => one === event.currentTarget.value) ?? 'p95';
            }}
          >
            {PERCENTILES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <PhaseBars slots={slots} seconds={seconds} />
      <MarkList marks={marks} />
      <div class="charts">
        <Chart title="Requests a second" times={seconds} series={series((one) => one.requests)} format={digits} />
        <Chart
          title={`Latency, ${percentile.value}`}
          times={seconds}
          series={series((one) => one[percentile.value])}
          format={duration}
        />
        <Chart
          title="Event loop delay, p99"
          times={seconds}
          series={series((one) => one.loopDelay)}
          format={duration}
        />
        <Chart title="Memory (RSS)" times={seconds} series={series((one) => one.memory)} format={bytes} />
      </div>
      <SkewTable slots={slots} />
    </section>
  );
}

function NoWorkers() {
  return (
    <Empty title="No workers yet">
      {hello.value?.listenOnly ? (
        <p>
          This session only listens for OTLP. To see workers here, run <code>kf-cluster dev app.js -w 4</code>.
        </p>
      ) : (
        <p>The first worker appears as soon as it is forked.</p>
      )}
    </Empty>
  );
}
