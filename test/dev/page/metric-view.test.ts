import test from 'ava';
import type { MetricEntry, MetricPoint } from '../../../src/dev/model.js';
import { createMetrics } from '../../../src/dev/views/metrics.js';
import { makeRequest, makeSession } from '../../helpers/page.js';

const { store } = makeSession();
const originOf = (slot: number, pid = 100 + slot) => {
  const { resource } = makeRequest({ slot });
  return store.origins.of({ ...resource, attributes: { ...resource.attributes, 'process.pid': pid } });
};
function metric(points: readonly Partial<MetricPoint>[], fields: Partial<MetricEntry> = {}): MetricEntry {
  const { resource, scope } = makeRequest();
  return {
    ...{ name: 'm', unit: 's', description: 'd', kind: 'gauge', temporality: 'cumulative', monotonic: false },
    points: points.map((one, at) => ({ timeNs: BigInt(at) * 1_000_000_000n, attributes: {}, ...one })),
    ...{ resource, scope },
    ...fields,
  };
}

test('points of a series follow each other; each worker, process and set of attributes has one of its own', (t) => {
  const metrics = createMetrics();
  metrics.add([metric([{ value: 1 }, { value: 2 }])], () => originOf(0));
  metrics.add([metric([{ value: 3, attributes: { a: 'b' } }])], () => originOf(0));
  metrics.add([metric([{ value: 4 }])], () => originOf(1));
  metrics.add([metric([{ value: 5 }])], () => originOf(0, 999));
  const [view] = metrics.views();
  t.like(view, { name: 'm', unit: 's', description: 'd', kind: 'gauge' });
  t.deepEqual(
    view?.series.map(({ worker: { slot, pid }, points }) => [slot, pid, points.map(([, value]) => value)]),
    [
      [0, 100, [1, 2]],
      [0, 100, [3]],
      [1, 101, [4]],
      [0, 999, [5]],
    ],
  );
  t.is(metrics.version, 5);
});

test('a delta is shown as a running sum, a total as it stands; buckets add up while their bounds are the same', (t) => {
  const metrics = createMetrics();
  const buckets = (...counts: number[]) => ({ bounds: [1, 2].slice(0, counts.length - 1), counts });
  const points = [
    { count: 3, sum: 4, buckets: buckets(1, 1, 1) },
    { count: 2, sum: 1, buckets: buckets(2, 0, 0) },
  ];
  metrics.add([metric(points, { name: 'delta', kind: 'histogram', temporality: 'delta' })], () => originOf(0));
  metrics.add([metric(points, { name: 'total', kind: 'exponentialHistogram' })], () => originOf(0));
  const read = () =>
    metrics.views().map(({ name, series: [one] }) => [name, one?.points.map(([, value]) => value), one?.histogram]);
  t.deepEqual(read(), [
    ['delta', [3, 5], { bounds: [1, 2], counts: [3, 1, 1], sum: 5, count: 5 }],
    ['total', [3, 2], { bounds: [1, 2], counts: [2, 0, 0], sum: 1, count: 2 }],
  ]);
  const other = metric([{ count: 1, sum: 9, buckets: buckets(1, 0) }], {
    name: 'delta',
    kind: 'histogram',
    temporality: 'delta',
  });
  metrics.add([other], () => originOf(0));
  t.deepEqual(read()[0]?.[2], { bounds: [1], counts: [1, 0], sum: 9, count: 1 });
});

test('a metric without points is no view, and names are in order and cut', (t) => {
  const metrics = createMetrics();
  metrics.add([metric([], { name: 'none' }), metric([{ value: 1 }], { name: 'b' })], () => originOf(0));
  metrics.add([metric([{ value: 1 }], { name: 'a'.repeat(999), kind: 'summary', unit: 'u'.repeat(999) })], () =>
    originOf(0),
  );
  const views = metrics.views();
  t.deepEqual(
    views.map(({ name, kind }) => [name[0], kind]),
    [
      ['a', 'histogram'],
      ['b', 'gauge'],
    ],
  );
  t.true((views[0]?.name.length ?? 999) < 300 && (views[0]?.unit.length ?? 999) < 110);
});

test('a series keeps 150 points; a sender has 200 series, and those of a process that is gone make room', (t) => {
  const metrics = createMetrics();
  metrics.add([metric(Array.from({ length: 200 }, (_, at) => ({ value: at })))], () => originOf(3));
  t.is(metrics.views()[0]?.series[0]?.points.length, 150);
  t.is(metrics.views()[0]?.series[0]?.points.at(-1)?.[1], 199);
  const many = (pid: number, from: number) =>
    metrics.add(
      Array.from({ length: 200 }, (_, at) => metric([{ value: at, timeNs: BigInt(from) }], { name: `k${at}` })),
      () => originOf(0, pid),
    );
  const bySlot = (slot: number) =>
    metrics.views().flatMap(({ series }) => series.filter(({ worker }) => worker.slot === slot));
  many(500, 1_000_000);
  metrics.add([metric([{ value: 1, timeNs: 2_000_000n }], { name: 'one too many' })], () => originOf(0, 500));
  t.is(bySlot(0).length, 200, 'of a process that lives none makes room');
  t.false(metrics.views().some(({ name }) => name === 'one too many'));
  many(501, 3_000_000);
  t.is(bySlot(0).length, 200);
  t.is(bySlot(3).length, 1, 'nothing of another worker went');
});
