import test, { type ExecutionContext } from 'ava';
import { sessionSource } from '../../../src/dev/page/data/session-source.js';
import type { Source } from '../../../src/dev/page/data/source.js';
import { markdownOf } from '../../../src/dev/page/trace/markdown.js';
import type { MetricSeries, MetricView, StreamMessage, TraceDetail } from '../../../src/dev/page-api.js';
import { makeRequest, openPage, type PageUnderTest } from '../../helpers/page.js';
import { listeners, location, page, server, stored } from './page-modules.js';
import { sampleSession, sampleTrace } from './sample-session.js';

const { address, go, hrefOf, replace, token, helperSource, state, linesOf, addBuckets, Histogram } = page;
const { nextTheme, seriesColor, startTheme, theme } = page;

test('the address of a page has its token, view, id and filter, and what it makes of them is read again', (t) => {
  t.is(token, 'tok-en_1');
  t.deepEqual(address.value, { view: 'traces', id: 'a b', filter: 'dur>5ms' });
  for (const to of [
    { view: 'now', filter: '' },
    { view: 'traces', id: 'ü/?&#', filter: '' },
    { view: 'logs', filter: 'level:warn "a b" &=+%' },
  ] as const) {
    go(to);
    t.is(location.hash, hrefOf(to));
    listeners.get('hashchange')?.();
    t.deepEqual({ ...address.value }, to);
  }
  replace({ view: 'map' });
  t.deepEqual(address.value, { view: 'map', filter: '' });
});

test('an address that was typed wrong is the first view; another token is another run', (t) => {
  for (const [hash, id] of [
    ['#tok-en_1', undefined],
    ['#tok-en_1/nowhere', undefined],
    ['#tok-en_1/now/%E0%A4%A', '%E0%A4%A'],
  ] as const) {
    location.hash = hash;
    listeners.get('hashchange')?.();
    t.deepEqual([address.value.view, address.value.id, address.value.filter], ['now', id, '']);
  }
  location.hash = '#other/now';
  listeners.get('hashchange')?.();
  t.is(location.reloads, 1);
});

async function source(t: ExecutionContext, of?: string): Promise<{ page: PageUnderTest; source: Source }> {
  const opened = await openPage();
  t.teardown(opened.close);
  server.base = `http://127.0.0.1:${opened.port}`;
  return { page: opened, source: helperSource(of ?? opened.token) };
}

test.serial('a view that is followed gets what comes, and ends without an error when it is left', async (t) => {
  const { page, source: helper } = await source(t);
  const leave = new AbortController();
  const types: string[] = [];
  await helper.follow(
    { topic: 'traces', filter: 'route:/new' },
    (message: StreamMessage) => {
      types.push(message.type);
      if (message.type !== 'traces') return;
      if (message.rows.length > 0) leave.abort();
      else page.store.addSpans([makeRequest({ route: '/old' }), makeRequest({ route: '/new' })]);
    },
    leave.signal,
  );
  t.deepEqual(types, ['hello', 'traces', 'traces']);
});

test.serial('a helper that goes is away, a token of another run is refused, an error says what to do', async (t) => {
  const { page, source: helper } = await source(t);
  const signal = new AbortController().signal;
  const gone = helper.follow({ topic: 'now', filter: '' }, () => void page.close(), signal);
  t.like(await t.throwsAsync(gone), { kind: 'away' });
  t.like(await t.throwsAsync(helper.traces('')), { kind: 'away' });
  const { source: stranger } = await source(t, 'wrong');
  t.like(await t.throwsAsync(stranger.traces('')), { kind: 'refused' });
  t.like(await t.throwsAsync(stranger.follow({ topic: 'now', filter: '' }, () => undefined, signal)), {
    kind: 'refused',
  });
  const { source: asked } = await source(t);
  const error = await t.throwsAsync(asked.logs('level:loud'));
  t.like(error, { kind: 'failed' });
  t.regex(error?.message ?? '', /this is no level\. It is one of/);
});

test.serial('a trace is there before its attributes, and the same object has them then', async (t) => {
  const { page, source: helper } = await source(t);
  const entry = makeRequest();
  page.store.addSpans([entry]);
  let first: TraceDetail | undefined;
  const whole = await helper.trace(entry.traceId, (trace) => {
    first = trace;
    t.deepEqual(trace.spans[0]?.attributes, []);
  });
  t.is(whole?.spans[0], first?.spans[0]);
  t.deepEqual(whole?.spans[0]?.attributes[0], ['http.request.method', 'GET', 'string']);
  t.is(await helper.trace('f'.repeat(32), () => t.fail('there is none')), undefined);
});

test.serial('what a page exports another one imports', async (t) => {
  const { page, source: helper } = await source(t);
  page.store.addSpans([makeRequest(), makeRequest()]);
  const file = await helper.exportAs('otlp');
  const { page: other, source: second } = await source(t);
  t.deepEqual(await second.importFrom(file), { spans: 2, logs: 0, metrics: 0 });
  t.is(other.store.held.spans, 2);
  t.like(await t.throwsAsync(second.importFrom(new Blob(['{"a":1}']))), { kind: 'failed' });
});

test('an exported session answers as its helper did, by words instead of a filter, and takes nothing', async (t) => {
  const session = sampleSession();
  const one = sessionSource(session);
  t.false(one.live);
  t.is((await one.traces('')).rows.length, 40);
  t.deepEqual(
    (await one.traces('"STATUS":500  get')).rows.map(({ status }) => status),
    Array(8).fill(500),
  );
  t.is((await one.logs('no such word')).rows.length, 0);
  const [detail] = session.details;
  t.is(await one.trace(detail?.traceId ?? '', () => undefined), detail);
  t.is(await one.trace('none', () => undefined), undefined);
  for (const refused of [one.exportAs('otlp'), one.importFrom(new Blob([]))])
    t.like(await t.throwsAsync(refused), { kind: 'failed' });
  for (const topic of ['now', 'traces', 'routes', 'errors', 'map', 'logs', 'metrics', 'supervisor', 'lints'] as const) {
    const leave = new AbortController();
    const types: string[] = [];
    const over = one.follow({ topic, filter: '' }, ({ type }) => types.push(type), leave.signal);
    leave.abort();
    await over;
    t.deepEqual(types, ['hello', 'now', topic]);
  }
});

test.serial('another run of the helper forgets what the one before had; the same again keeps it', (t) => {
  const { hello, now, traces: rows } = sampleSession();
  const { take } = state;
  take({ type: 'hello', hello });
  t.deepEqual([state.traces.value, state.logs.value, state.lints.value], [[], [], []]);
  t.is(state.now.value, undefined, 'of what is no list nothing is known yet');
  take({ type: 'now', now });
  take({ type: 'traces', rows: rows.slice(0, 3) });
  take({ type: 'traces', rows: rows.slice(2, 5) });
  t.is((state.traces.value as unknown[]).length, 5);
  t.deepEqual(state.marks.value, now.marks);
  take({ type: 'filter-refused', at: 1, what: 'x', fix: 'y' });
  take({ type: 'hello', hello });
  t.is((state.traces.value as unknown[]).length, 5);
  t.like(state.refusal.value, { at: 1 });
  take({ type: 'hello', hello: { ...hello, startedAt: hello.startedAt + 1 } });
  t.deepEqual([state.traces.value, state.marks.value], [[], []]);
  t.deepEqual([state.now.value, state.refusal.value], [undefined, undefined]);
  t.notThrows(() => take({ type: 'of a later release' } as never));
});

const series = (
  slot: number | undefined,
  points: readonly (readonly [number, number])[],
  histogram?: MetricSeries['histogram'],
) =>
  ({
    worker: slot === undefined ? {} : { slot },
    attributes: [],
    points,
    ...(histogram && { histogram }),
  }) as MetricSeries;
const view = (...all: readonly MetricSeries[]) =>
  ({ name: 'm', unit: '', description: '', kind: 'sum', series: all }) as MetricView;

test('series of several workers stand over common seconds; one without a point there keeps its last value', (t) => {
  const metric = view(
    series(0, [
      [1_010, 1],
      [3_020, 2],
    ]),
    series(1, [[2_004, 10]]),
    series(undefined, [[3_400, 100]]),
  );
  const all = linesOf(metric, false);
  t.deepEqual([all.times, all.series.map(({ values }) => values)], [[1_000, 2_000, 3_000], [[1, 11, 112]]]);
  const each = linesOf(metric, true);
  t.deepEqual(
    each.series.map(({ label, values }) => [label, values]),
    [
      ['worker 0', [1, 1, 2]],
      ['worker 1', [null, 10, 10]],
      ['others', [null, null, 100]],
    ],
  );
  t.is(linesOf(view(...Array.from({ length: 40 }, (_, slot) => series(slot, [[0, 1]]))), true).series.length, 16);
});

test('histograms of the same bounds are added up, those of others are left out', (t) => {
  const one = (bounds: number[], ...counts: number[]) => series(0, [], { bounds, counts, sum: 2, count: 3 });
  t.deepEqual(addBuckets([series(0, []), one([1], 1, 2), one([1], 3, 0), one([9], 7, 7)]), {
    ...{ bounds: [1], counts: [4, 2], sum: 4, count: 6 },
  });
  t.is(addBuckets([series(0, [])]), undefined);
});

test('buckets are bars as high as their share of the fullest, from the one before the first value to the one behind the last', (t) => {
  const bars = (counts: readonly number[], bounds = [1, 2, 3, 4, 5, 6]) => {
    const { props } = Histogram({ bounds, counts, format: (bound) => `${bound} ms` });
    const { children, title } = props;
    const heights = typeof children === 'string' ? children : children.map(({ props: { style } }) => style.height);
    return { heights, title };
  };
  t.deepEqual(bars([0, 0, 4, 0, 1, 0, 0]), {
    heights: ['1%', '100%', '1%', '25%', '1%'],
    title: '4 up to 3 ms, 1 up to 5 ms',
  });
  t.deepEqual(bars([0, 200, 1], [1, 2]), { heights: ['1%', '100%', '6%'], title: '200 up to 2 ms, 1 over 2 ms' });
  t.deepEqual(bars([0, 0], [1]), { heights: 'no values', title: undefined });
  t.is(bars(Array.from({ length: 130_000 }, () => 2)).heights.length, 130_000, 'more than a call has arguments');
});

test('a theme is the one that was stored, goes round, and a colour of a series comes again', (t) => {
  t.is(theme.value, 'dark');
  startTheme();
  const seen = [1, 2, 3].map(() => {
    nextTheme();
    return stored.get('kf-cluster-theme');
  });
  t.deepEqual(seen, ['system', 'light', 'dark']);
  t.is(seriesColor(9), seriesColor(1));
  t.is(seriesColor(-1), seriesColor(0));
});

test('a trace as Markdown has one line for each row, and no text of a sender ends its code or makes markup', (t) => {
  const trace = sampleTrace(3, 4);
  const [root, ...rest] = trace.spans;
  const text = markdownOf({
    ...trace,
    spans: [{ ...root!, name: 'a`b\n# c', statusMessage: '<b>*x*</b>\n- y' }, ...rest],
  });
  t.true(text.includes("`a'b # c`"));
  t.true(text.includes('\\<b\\>\\*x\\*\\</b\\> - y'));
  t.regex(text, / × 4, 3\.2 ms in total/);
  t.notRegex(text, /^# c|^- y/m);
});
