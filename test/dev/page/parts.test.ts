import test from 'ava';
import { linesOf } from '../../../src/dev/page/data/lines.js';
import { mergeRows } from '../../../src/dev/page/data/rows.js';
import { bytes, clock, count, digits, duration, percent } from '../../../src/dev/page/parts/format.js';
import { layOut } from '../../../src/dev/page/views/map-layout.js';
import { recentOf } from '../../../src/dev/page/views/recent.js';
import { skewOf } from '../../../src/dev/page/views/skew.js';
import { sampleSession } from './sample-session.js';

test('durations have the unit that reads best', (t) => {
  t.deepEqual([0, 0.0123, 0.5, 12.345, 999, 1500, 61_000, Number.NaN].map(duration), [
    '0 µs',
    '12.3 µs',
    '500 µs',
    '12.3 ms',
    '999 ms',
    '1.5 s',
    '1 min 1 s',
    '–',
  ]);
});

test('numbers, bytes, shares and counts are short', (t) => {
  t.deepEqual([1234.5, 0.12345, 7].map(digits), ['1,235', '0.123', '7']);
  t.deepEqual([12, 1500, 2.5e6, 3e9].map(bytes), ['12 B', '1.5 kB', '2.5 MB', '3 GB']);
  t.is(percent(0.0213), '2.13%');
  t.deepEqual([count(1, 'span'), count(2, 'span')], ['1 span', '2 spans']);
  t.regex(clock(1), /^\d\d:\d\d:\d\d\.001$/);
  t.regex(clock(1, 'seconds'), /^\d\d:\d\d:\d\d$/);
});

test('a changed row keeps its place, a new one is last, and the oldest go', (t) => {
  const rows = [1, 2, 3].map((id) => ({ id, text: 'old' }));
  const merged = mergeRows(
    rows,
    [
      { id: 2, text: 'new' },
      { id: 4, text: 'new' },
    ],
    ({ id }) => String(id),
    3,
  );
  t.deepEqual(
    merged.map(({ id, text }) => `${id} ${text}`),
    ['2 new', '3 old', '4 new'],
  );
});

test('lines are whole, however the body is cut, and an unfinished one is left out', async (t) => {
  const bytes = new TextEncoder().encode('{"a":"é"}\n\n{"b":1}\n{"unfinished');
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const lines: string[] = [];
  for await (const line of linesOf(body)) lines.push(line);
  t.deepEqual(lines, ['{"a":"é"}', '{"b":1}']);
});

test('a service stands to the right of its callers, and a circle of calls has an end', (t) => {
  const { nodes, edges } = sampleSession();
  const placed = new Map(layOut(nodes, edges).map(({ node, x, y }) => [node.id, { x, y }]));
  t.true((placed.get('client')?.x ?? 0) < (placed.get('shop')?.x ?? 0));
  t.is(placed.get('db')?.x, placed.get('pay')?.x);
  t.not(placed.get('db')?.y, placed.get('pay')?.y);
  const circle = [
    { from: 'db', to: 'client', rate: 1, errors: 0, p95: 1 },
    { from: 'shop', to: 'shop', rate: 1, errors: 0, p95: 1 },
  ];
  t.is(layOut(nodes, [...edges, ...circle]).length, nodes.length);
});

test('a worker that is slower than its siblings is named, the others are alike', (t) => {
  const rows = skewOf(sampleSession().now.lanes);
  t.deepEqual(
    rows.filter(({ differs }) => differs.includes('slower')).map(({ slot }) => slot),
    [3],
  );
  t.is(Math.round(rows.reduce((sum, { share }) => sum + share, 0) * 1000), 1000);
});

test('a worker that gets far more requests than its siblings is named, once there are some', (t) => {
  const [first, ...others] = sampleSession().now.lanes;
  if (first === undefined) return t.fail('it has workers');
  const busier = { ...first, requests: first.requests.map((each) => 3 * each) };
  const named = (lanes: Parameters<typeof skewOf>[0]) =>
    skewOf(lanes)
      .filter(({ differs }) => differs.includes('more requests'))
      .map(({ slot }) => slot);
  t.deepEqual(named([busier, ...others]), [first.slot]);
  t.deepEqual(named([first, ...others]), []);
  const few = [busier, ...others].map((one) => ({ ...one, requests: one.requests.map((each) => each / 100) }));
  t.deepEqual(named(few), []);
});

test('a young session fills its charts, with a minute at least', (t) => {
  const { now } = sampleSession();
  const started = (second: number) => recentOf(now, now.seconds[second] ?? 0);
  t.is(started(0).seconds.length, 300);
  t.is(started(100).seconds.length, 200);
  t.is(started(100).lanes[0]?.memory.length, 200);
  t.is(started(299).seconds.length, 60);
});
