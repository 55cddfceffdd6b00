import { Readable } from 'node:stream';
import test from 'ava';
import type { LogEntry, MetricEntry, SpanRecord } from '../../../src/dev/model.js';
import { HeavyRequest, MalformedRequest } from '../../../src/dev/scalars.js';
import { importLines } from '../../../src/dev/session/import-lines.js';
import { latest } from '../../../src/dev/session/whole-session.js';
import { makeRequest, makeSession } from '../../helpers/page.js';

function sink() {
  const spans: SpanRecord[] = [];
  const logs: LogEntry[] = [];
  const metrics: MetricEntry[] = [];
  return {
    ...{ spans, logs, metrics },
    to: {
      spans: (come: readonly SpanRecord[]) => void spans.push(...come),
      logs: (come: readonly LogEntry[]) => void logs.push(...come),
      metrics: (come: readonly MetricEntry[]) => void metrics.push(...come),
    },
  };
}
const id = (bytes: number, last: number) => last.toString(16).padStart(2 * bytes, '0');
const spansLine = (...names: string[]) =>
  JSON.stringify({
    resourceSpans: [
      { scopeSpans: [{ spans: names.map((name, at) => ({ traceId: id(16, 1), spanId: id(8, at + 1), name })) }] },
    ],
  });
const logsLine = JSON.stringify({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
});
const metricsLine = JSON.stringify({
  resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ asDouble: 1.5 }] } }] }] }],
});

/** Reads a text that comes in pieces of so many bytes. */
async function read(text: string, piece = text.length) {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, at) =>
    bytes.subarray(at * piece, (at + 1) * piece),
  );
  const into = sink();
  return { count: await importLines(Readable.from(pieces), into.to), ...into };
}

test('lines are whole however the file is cut, and what stands in them is of all three signals', async (t) => {
  const text = `${spansLine('a', 'é')}\n\n  \r\n${logsLine}\r\n${metricsLine}`;
  for (const piece of [1, 7, 64, text.length + 9]) {
    const { count, spans, logs, metrics } = await read(text, piece);
    t.deepEqual(count, { spans: 2, logs: 1, metrics: 1 }, `${piece}`);
    t.deepEqual(
      spans.map(({ name }) => name),
      ['a', 'é'],
    );
    t.deepEqual([logs[0]?.body, metrics[0]?.name, metrics[0]?.points[0]?.value], ['hello', 'm', 1.5]);
  }
});

test('one request may have all three signals', async (t) => {
  const all = { ...JSON.parse(spansLine('a')), ...JSON.parse(logsLine), ...JSON.parse(metricsLine) };
  t.deepEqual((await read(JSON.stringify(all))).count, { spans: 1, logs: 1, metrics: 1 });
});

test('an empty file is a session without anything', async (t) => {
  for (const text of ['', '\n', '\n\n \n']) t.deepEqual((await read(text, 1)).count, { spans: 0, logs: 0, metrics: 0 });
});

test('a line that is none of OTLP is refused with its number; what stood before it is taken', async (t) => {
  for (const [line, says] of [
    ['{"a":1}', /^line 3: no OTLP request/],
    ['not json', /^line 3: no OTLP request/],
    ['{"resourceSpans":7}', /^line 3: /],
    ['{"resourceSpans":[{]}', /^line 3: /],
  ] as const) {
    const into = sink();
    const text = `${spansLine('kept')}\n\n${line}\n${spansLine('never')}\n`;
    // An empty line counts as one: an editor shows the same number.
    const error = await t.throwsAsync(importLines(Readable.from([Buffer.from(text)]), into.to), {
      instanceOf: MalformedRequest,
    });
    t.regex(error?.message ?? '', says);
    t.deepEqual(
      into.spans.map(({ name }) => name),
      ['kept'],
    );
  }
});

test('a request that would take too much memory is refused as that, and not as malformed', async (t) => {
  const heavy = `{"resourceSpans":[${Array(2_000_000).fill('[]').join()}]}`;
  await t.throwsAsync(read(heavy), { instanceOf: HeavyRequest });
});

test('what a store fails with is not taken for a fault of the file', async (t) => {
  const full = new Error('the store is full');
  const to = {
    ...sink().to,
    spans: () => {
      throw full;
    },
  };
  t.is(await t.throwsAsync(importLines(Readable.from([Buffer.from(spansLine('a'))]), to)), full);
});

/** The attributes that come back of a session that was written with these. */
async function roundTrip(attributes: SpanRecord['attributes']) {
  const { store, session } = makeSession();
  store.addSpans([makeRequest({ attributes })]);
  const other = sink();
  await importLines(Readable.from([...session.otlp()].map((line) => Buffer.from(line))), other.to);
  return other.spans[0]?.attributes;
}

test('values of every kind, in each other too, are the same when a session is read again', async (t) => {
  const values = {
    none: null,
    ...{ zero: 0, negative: -7, ratio: 0.25, tiny: 1e-9, huge: 9_007_199_254_740_993n },
    ...{ yes: true, no: false, text: 'x "y" \n é \u2028', empty: '', numeral: '12' },
    list: ['a', 1, 0.5, true, null, ['b']],
    map: { a: { b: [1] }, 'a.b': 'c' },
  };
  const back = await roundTrip(values);
  const { none: _, ...expected } = values;
  t.like(back, expected);
});

test('a list that was cut is a text, and the line that holds it is JSON yet', async (t) => {
  const back = await roundTrip({ list: Array.from({ length: 20_000 }, (_, at) => `item ${at}`) });
  t.is(typeof back?.list, 'string');
});

test('times are exact to a microsecond, and a span of no time has none', async (t) => {
  const { store, session } = makeSession();
  const startNs = 1_763_700_000_123_456_789n;
  store.addSpans([makeRequest({ startNs, endNs: startNs }), makeRequest({ startNs, endNs: startNs + 1_234_567n })]);
  const other = sink();
  await importLines(Readable.from([...session.otlp()].map((line) => Buffer.from(line))), other.to);
  const abs = (value: bigint) => (value < 0n ? -value : value);
  for (const span of other.spans) t.true(abs(span.startNs - startNs) <= 1_000n, `${span.startNs}`);
  t.deepEqual(
    other.spans.map(({ startNs: from, endNs }) => Number(endNs - from)),
    [0, 1_234_567],
  );
});

test('spans of one sender are one resource, and each scope stands once in it', (t) => {
  const { store, session } = makeSession();
  const scope = (name: string) => ({ name, version: '', attributes: {}, droppedAttributes: 0, schemaUrl: '' });
  for (const name of ['a', 'b', 'a']) store.addSpans([makeRequest({ slot: 1, scope: scope(name) })]);
  store.addSpans([makeRequest({ slot: 2, scope: scope('a') })]);
  const requests = [...session.otlp()].map((line) => JSON.parse(line).resourceSpans[0]);
  t.deepEqual(
    requests.map(({ scopeSpans }) =>
      scopeSpans.map((one: { scope: { name: string }; spans: [] }) => [one.scope.name, one.spans.length]),
    ),
    [
      [
        ['a', 2],
        ['b', 1],
      ],
      [['a', 1]],
    ],
  );
});

test('a whole session has every view, the newest traces with their spans, and nothing that is not held', (t) => {
  const { store, session } = makeSession();
  store.addSpans([makeRequest({ name: 'first' }), makeRequest({ name: 'second' })]);
  const whole = session.session();
  t.deepEqual(
    whole.traces.map(({ name }) => name),
    whole.details.toReversed().map(({ spans }) => spans[0]?.name ?? ''),
  );
  t.is(whole.details.length, 2);
  t.deepEqual(whole.logs, []);
  t.is(whole.hello.held.spans, 2);
});

test('a view that is opened begins with all of it, and a view that does not is a fault that is named', (t) => {
  const { session } = makeSession();
  for (const topic of ['now', 'traces', 'routes', 'errors', 'map', 'logs', 'metrics', 'supervisor', 'lints'] as const)
    t.is(latest(session, topic).type, topic);
  const silent = { ...session, feed: () => ({ next: () => undefined, close: () => undefined }) };
  t.throws(() => latest(silent, 'now'), { message: /a view of now begins with all of it/ });
});
