import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Mark } from '../data/contract.js';
import { marks as allMarks } from '../data/state.js';
import { chartOptions } from './chart-options.js';
import { paints } from './theme.js';

export interface Series {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** Milliseconds since the epoch, parallel to the values. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  format(value: number): string;
}

const HEIGHT_PX = 130;

/** Lines over time, with reloads and the like as upright lines. The newest values stand below it as text. */
export function Chart({ title, times, series, format }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const shown = useRef<readonly Mark[]>([]);
  shown.current = allMarks.value;
  const colours = paints.value;
  const labels = series.map(({ label, color }) => `${label} ${color}`).join();
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const size = () => ({ width: Math.max(100, element.clientWidth), height: HEIGHT_PX });
    const options = chartOptions(series, format, () => shown.current);
    const made = new uPlot({ ...options, ...size() }, dataOf(times, series), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [labels, colours]);
  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series]);
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {series.map(({ label, color, values }) => (
            <li key={label}>
              <i class="swatch" style={{ background: `var(${color})` }} />
              {label} <span class="number">{latest(values, format)}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  );
}

function latest(values: readonly (number | null)[], format: (value: number) => string): string {
  const value = values.findLast((one) => one !== null);
  return value === undefined || value === null ? '–' : format(value);
}

function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [times.map((time) => time / 1000), ...series.map(({ values }) => [...values])];
}
