import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { explainTrace } from '../../../src/dev/mcp/explain-trace.js';
import { BadQuestion, fileSource, pageSource, type Source } from '../../../src/dev/mcp/source.js';
import { TOOLS } from '../../../src/dev/mcp/tools.js';
import type { SpanNode, TraceDetail } from '../../../src/dev/page-api.js';
import { record } from '../../../src/dev/session/record-session.js';
import { write } from '../../diagnose/set-up.js';
import { makeRequest, makeSession, openPage } from '../../helpers/page.js';

const ID = 'a'.repeat(32);
const span = (id: string, fields: Partial<SpanNode> = {}): SpanNode => ({
  ...{ spanId: id, depth: 0, name: id, kind: 'internal', service: 'shop', worker: { slot: 1 }, start: 0, duration: 10 },
  ...{ status: 'unset', attributes: [], events: [], links: [] },
  ...fields,
});
const explain = (spans: readonly SpanNode[], fields: Partial<TraceDetail> = {}) =>
  explainTrace({ traceId: ID, spans, logs: [], missing: [], ...fields });

test('a trace in words begins with what it is: its name, its time from first to last, its workers each once', (t) => {
  const text = explain([
    span('GET /pay', { start: 5, duration: 10 }),
    span('b', { start: 2, duration: 1_500, worker: { slot: 3 } }),
    span('c', { start: 9, duration: 1, worker: {} }),
  ]);
  t.is(text.split('\n')[0], `Trace ${ID}: GET /pay of shop, 1.50 s, 3 spans, worker 1, 3.`);
  t.is(explain([]), `Trace ${ID} has no spans.`);
  t.regex(explain([span('a', { worker: {} })]), /, 10\.0 ms, 1 spans\.\n/);
});

test('self time: children that run at once count once, and only as far as their parent runs', (t) => {
  const of = (...children: readonly Partial<SpanNode>[]) => {
    const spans = [
      span('top', { duration: 100 }),
      ...children.map((one, at) => span(`c${at}`, { parentId: 'top', duration: 0, ...one })),
    ];
    return /top \(internal, shop\): ([\d.]+) ms/.exec(explain(spans))?.[1];
  };
  t.is(of(), '100.0');
  t.is(of({ start: 10, duration: 20 }, { start: 50, duration: 20 }), '60.0');
  t.is(of({ start: 10, duration: 40 }, { start: 20, duration: 10 }, { start: 30, duration: 30 }), '50.0');
  t.is(of({ start: 90, duration: 500 }), '90.0', 'a child may outlive it');
  t.is(of({ start: -50, duration: 60 }), '90.0', 'a clock may be behind');
  t.is(of({ start: 0, duration: 100 }), undefined, 'what has no time of its own is left out');
});

test('the longest chain goes by the child that ended last, and a ring of parents has an end', (t) => {
  const spans = [
    span('top', { duration: 100 }),
    span('early', { parentId: 'top', duration: 50 }),
    span('last', { parentId: 'top', start: 60, duration: 30 }),
    span('leaf', { parentId: 'last', start: 61, duration: 2 }),
  ];
  t.regex(explain(spans), /ended last:\n- top 100\.0 ms\n- last 30\.0 ms\n- leaf 2\.0 ms(\n\n|$)/);
  t.notRegex(explain([span('alone')]), /longest chain/);
  const ring = [span('a', { parentId: 'b' }), span('b', { parentId: 'a' })];
  t.regex(explain(ring), /ended last:\n- a 10\.0 ms\n- b 10\.0 ms(\n\n|$)/);
});

test('what failed is said by its exception, else by its status, else by its name alone', (t) => {
  const failed = (name: string, fields: Partial<SpanNode>) => span(name, { status: 'error', ...fields });
  const exception = (...attributes: readonly (readonly [string, string])[]) => ({
    events: [
      { at: 1, name: 'exception', attributes: attributes.map(([key, value]) => [key, value, 'string'] as const) },
    ],
  });
  const text = explain([
    failed('a', {
      ...exception(['exception.type', 'RangeError'], ['exception.message', 'no dice']),
      statusMessage: 'x',
    }),
    failed('b', { ...exception(['exception.type', 'TypeError']), statusMessage: 'in words' }),
    failed('c', { statusMessage: 'refused' }),
    failed('d', {}),
    span('e', { statusMessage: 'not an error' }),
  ]);
  t.regex(
    text,
    /What failed:\n- a of shop: RangeError: no dice\n- b of shop: TypeError: in words\n- c of shop: refused\n- d of shop(\n\n|$)/,
  );
  t.notRegex(text, /not an error/);
});

test('ten lines of a part are shown and the rest is counted; parts without anything are left out', (t) => {
  const missing = Array.from({ length: 13 }, (_, at) => ({ spanId: `${at}`, reason: 'gone' }));
  const text = explain([span('a')], { missing });
  t.regex(text, /missing:\n(- \d+: gone\n){10}- and 3 more(\n\n|$)/);
  t.notRegex(text, /What failed|What repeats|Log records/);
});

test('only log records that warn are repeated, cut', (t) => {
  const log = (severityNumber: number, body: string) => ({
    ...{ cursor: '1', at: 1, severity: 'S', severityNumber, body, worker: {}, service: 'shop', attributes: [] },
  });
  const text = explain([span('a')], { logs: [log(12, 'calm'), log(13, 'warned'), log(17, 'x'.repeat(900))] });
  t.regex(text, /and above:\n- S warned\n- S x{300}$/);
});

test('a trace with more spans than a call has arguments is explained too', (t) => {
  const many = Array.from({ length: 130_000 }, (_, at) => span(`${at}`, { start: at, parentId: 'top' }));
  t.regex(explain([span('top', { duration: 130_009 }), ...many]), /130\.01 s, 130001 spans/);
});

const tool = (name: string, source: Partial<Source>, given: Record<string, unknown> = {}) =>
  TOOLS.get(name)?.answer(source as Source, given) ?? Promise.reject(new Error('no tool'));

test('how many traces an assistant may have, whatever it asks for', async (t) => {
  const asked: unknown[] = [];
  const source: Partial<Source> = {
    traces: (filter, limit) => {
      asked.push([filter, limit]);
      return Promise.resolve({ rows: [], more: false, tookMs: 0 });
    },
  };
  for (const limit of [undefined, 5, 7.9, 0, -3, 1e9, '9', Number.NaN, null]) await tool('traces', source, { limit });
  await tool('traces', source, { filter: 7 });
  await tool('traces', source, { filter: 'error', limit: 1 });
  t.deepEqual(asked, [
    ...[20, 5, 7, 20, 20, 200, 20, 20, 20].map((most) => ['', most]),
    ...[
      ['', 20],
      ['error', 1],
    ],
  ]);
});

test('an id of a trace is 32 hex digits in either case, and one that is not held is said to be that', async (t) => {
  const asked: string[] = [];
  const source: Partial<Source> = {
    trace: (id) => {
      asked.push(id);
      return Promise.resolve(undefined);
    },
  };
  for (const traceId of [undefined, '', 'abc', `${ID}a`, '../x', { toString: 1 }.constructor, 7])
    await t.throwsAsync(tool('trace', source, { traceId }), { instanceOf: BadQuestion, message: /32 hex digits/ });
  await t.throwsAsync(tool('explain_trace', source, { traceId: ID.toUpperCase() }), { message: /is not held/ });
  t.deepEqual(asked, [ID]);
});

test('an answer that is longer than an assistant reads is cut, with its length', async (t) => {
  const view = (() => Promise.resolve({ groups: 'x'.repeat(150_000) })) as unknown as Source['view'];
  const text = await tool('errors', { view });
  t.true(text.length < 100_200);
  t.regex(text, /… \(cut: 150002 characters; ask for less\)$/);
});

test('a run of dev and its recording answer alike', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const entry = makeRequest({ route: '/a' });
  page.store.addSpans([entry, makeRequest({ route: '/b' })]);
  const file = join(write(t, {}), 's.jsonl');
  t.is(await record(file, page.session), undefined);
  const run = pageSource(`http://127.0.0.1:${page.port}/#${page.token}`);
  for (const source of [run, await fileSource(file)]) {
    t.deepEqual(
      (await source.traces('route:/a', 9)).rows.map(({ traceId }) => traceId),
      [entry.traceId],
    );
    t.is((await source.trace(entry.traceId))?.spans.length, 1);
    t.is(await source.trace('f'.repeat(32)), undefined);
    t.is((await source.view('routes')).routes.length, 2);
    await t.throwsAsync(source.traces('dur>x', 9), { instanceOf: BadQuestion, message: /this is no duration\. Write/ });
  }
  await t.throwsAsync(pageSource(`http://127.0.0.1:${page.port}/#wrong`).traces('', 1), {
    message: /not that of this run/,
  });
});

async function serve(t: ExecutionContext, listener: RequestListener): Promise<Source> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  return pageSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#t`);
}

test('a view that comes in pieces, behind other messages, is read; one that ends before it is the end of the run', async (t) => {
  const source = await serve(t, async (_request, response) => {
    for (const piece of ['{"type":"hello"}\n{"type":"li', 'nts","lints":["', 'é"]}\n', '{"type":"lints"'])
      await new Promise<void>((resolve) => response.write(piece, () => setImmediate(resolve)));
    response.end();
  });
  t.deepEqual(await source.view('lints'), { type: 'lints', lints: ['é'] } as never);
  await t.throwsAsync(source.view('map'), { instanceOf: BadQuestion, message: /ended before it sent its map/ });
});

test('a file that cannot be read is not there; one that is no session says at which line', async (t) => {
  const dir = write(t, {});
  await t.throwsAsync(fileSource(join(dir, 'none')), { code: 'SYSTEM' });
  const file = join(dir, 'x.jsonl');
  writeFileSync(file, 'text\n');
  await t.throwsAsync(fileSource(file), { code: 'BAD_FLAG', message: /is no session/ });
  const { session } = makeSession();
  t.deepEqual([...session.otlp()], []);
});
