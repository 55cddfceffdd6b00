import type { MetricEntry, MetricPoint } from '../model.js';
import type { Attribute, MetricSeries, MetricView, WorkerRef } from '../page-api.js';
import { attributeTexts, cut } from '../store/attribute-text.js';
import type { Origin } from '../store/origin.js';

/** Series of one sender; more are left out, so that none takes the place of another's. */
const MOST_SERIES = 200;
const MOST_POINTS = 150;
const MOST_BUCKETS = 200;

interface Series {
  readonly worker: WorkerRef;
  readonly attributes: readonly Attribute[];
  readonly points: [at: number, value: number][];
  histogram: NonNullable<MetricSeries['histogram']> | undefined;
}

interface Metric {
  readonly about: Omit<MetricView, 'series'>;
  readonly series: Map<string, Series>;
}

/** The newest values of each series. */
interface Metrics {
  add(entries: readonly MetricEntry[], originOf: (entry: MetricEntry) => Origin): void;
  /** How many points came. */
  readonly version: number;
  views(): MetricView[];
}

export function createMetrics(): Metrics {
  const metrics = new Map<string, Metric>();
  const held = new Map<string, number>();
  let version = 0;
  const seriesFor = (metric: Metric, origin: Origin, point: MetricPoint): Series | undefined => {
    const attributes = attributeTexts(point.attributes);
    const key = JSON.stringify([origin.sender, origin.service, origin.worker.pid, attributes]);
    const known = metric.series.get(key);
    if (known !== undefined) return known;
    const count = held.get(origin.sender) ?? 0;
    if (count >= MOST_SERIES && !dropOldest(metrics, origin.sender)) return undefined;
    held.set(origin.sender, Math.min(MOST_SERIES, count + 1));
    const made: Series = { worker: origin.worker, attributes, points: [], histogram: undefined };
    metric.series.set(key, made);
    return made;
  };
  return {
    get version() {
      return version;
    },
    add: (entries, originOf) => {
      for (const entry of entries) {
        const origin = originOf(entry);
        const metric = metrics.get(entry.name) ?? { about: aboutOf(entry), series: new Map() };
        for (const point of entry.points) {
          const series = seriesFor(metric, origin, point);
          if (series === undefined) continue;
          metrics.set(entry.name, metric);
          addPoint(series, point, entry.temporality === 'delta');
          version += 1;
        }
      }
    },
    views: () =>
      [...metrics.values()]
        .filter(({ series }) => series.size > 0)
        .map(({ about, series }) => ({ ...about, series: [...series.values()].map(readSeries) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** The series of a worker that is gone makes room for one of the worker that followed. */
function dropOldest(metrics: ReadonlyMap<string, Metric>, sender: string): boolean {
  const newest = newestPid(metrics, sender);
  for (const { series } of metrics.values()) {
    for (const [key, one] of series) {
      if (!key.startsWith(JSON.stringify([sender]).slice(0, -1)) || one.worker.pid === newest) continue;
      series.delete(key);
      return true;
    }
  }
  return false;
}

function newestPid(metrics: ReadonlyMap<string, Metric>, sender: string): number | undefined {
  let newest: { at: number; pid: number | undefined } | undefined;
  for (const { series } of metrics.values()) {
    for (const [key, { worker, points }] of series) {
      const at = points.at(-1)?.[0] ?? 0;
      if (key.startsWith(JSON.stringify([sender]).slice(0, -1)) && at > (newest?.at ?? -1))
        newest = { at, pid: worker.pid };
    }
  }
  return newest?.pid;
}

function aboutOf({ name, unit, description, kind }: MetricEntry): Omit<MetricView, 'series'> {
  const shown = kind === 'sum' || kind === 'gauge' ? kind : 'histogram';
  return { name: cut(name, 256), unit: cut(unit, 64), description: cut(description, 1_024), kind: shown };
}

/** @param delta the point has what came since the one before; it is shown as a running sum */
function addPoint(series: Series, point: MetricPoint, delta: boolean): void {
  const before = delta ? (series.points.at(-1)?.[1] ?? 0) : 0;
  series.points.push([Number(point.timeNs / 1_000_000n), before + (point.value ?? point.count ?? 0)]);
  if (series.points.length > MOST_POINTS) series.points.shift();
  if (point.count === undefined) return;
  const { bounds = [], counts = [] } = point.buckets ?? {};
  const known = series.histogram;
  const adds = delta && known !== undefined && known.bounds.length === bounds.length;
  series.histogram = {
    bounds: bounds.slice(0, MOST_BUCKETS),
    counts: counts.slice(0, MOST_BUCKETS + 1).map((count, at) => count + (adds ? (known.counts[at] ?? 0) : 0)),
    sum: (point.sum ?? 0) + (adds ? known.sum : 0),
    count: point.count + (adds ? known.count : 0),
  };
}

function readSeries({ worker, attributes, points, histogram }: Series): MetricSeries {
  return { worker, attributes, points: [...points], ...(histogram && { histogram }) };
}
