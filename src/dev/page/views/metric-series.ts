import type { MetricSeries, MetricView } from '../data/contract.js';
import type { Series } from '../parts/chart.js';
import { slotName } from '../parts/format.js';
import { seriesColor } from '../parts/theme.js';

interface Lines {
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

/** More lines than this look alike. */
const MOST_LINES = 16;

/** The series of a metric over common times: all added up, or a line for each worker. */
export function linesOf({ series }: MetricView, perWorker: boolean): Lines {
  const second = (time: number) => Math.round(time / 1000) * 1000;
  const times = [...new Set(series.flatMap(({ points }) => points.map(([at]) => second(at))))].sort((a, b) => a - b);
  const groups = perWorker ? groupedBySlot(series) : new Map([[undefined, series]]);
  const lines = [...groups].slice(0, MOST_LINES).map(([slot, group]) => ({
    label: perWorker ? slotName(slot ?? -1) : 'all workers',
    color: seriesColor(slot ?? 0),
    values: added(group, times, second),
  }));
  return { times, series: lines };
}

function groupedBySlot(series: readonly MetricSeries[]): ReadonlyMap<number | undefined, readonly MetricSeries[]> {
  const groups = new Map<number | undefined, MetricSeries[]>();
  for (const one of series) {
    const group = groups.get(one.worker.slot);
    if (group) group.push(one);
    else groups.set(one.worker.slot, [one]);
  }
  return groups;
}

/** A series that has no point at a time keeps its last value: workers export at different moments. */
function added(
  series: readonly MetricSeries[],
  times: readonly number[],
  second: (time: number) => number,
): (number | null)[] {
  const each = series.map(({ points }) => new Map(points.map(([at, value]) => [second(at), value])));
  const last: (number | undefined)[] = each.map(() => undefined);
  return times.map((time) => {
    let sum: number | null = null;
    each.forEach((points, at) => {
      last[at] = points.get(time) ?? last[at];
      const value = last[at];
      if (value !== undefined) sum = (sum ?? 0) + value;
    });
    return sum;
  });
}

interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Histograms of the same bounds, added up; those of other bounds are left out. */
export function addBuckets(series: readonly MetricSeries[]): Buckets | undefined {
  const all = series.flatMap(({ histogram }) => histogram ?? []);
  const [first] = all;
  if (first === undefined) return undefined;
  const same = all.filter(({ bounds }) => bounds.join() === first.bounds.join());
  return {
    bounds: first.bounds,
    counts: first.counts.map((_, at) => same.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0)),
    sum: same.reduce((total, { sum }) => total + sum, 0),
    count: same.reduce((total, { count }) => total + count, 0),
  };
}
