import test from 'ava';
import { BadFilter } from '../../../src/dev/filter/bad-filter.js';
import type { LogEntry } from '../../../src/dev/model.js';
import type { LogRow, StreamMessage } from '../../../src/dev/page-api.js';
import { freshId, makeRequest, makeSession } from '../../helpers/page.js';

let last = 0;
/** A log record of a worker; each has a second of its own. */
function log(fields: Partial<LogEntry> & { slot?: number; generation?: number; service?: string } = {}): LogEntry {
  const { slot = 0, generation = 1, service = 'shop', ...rest } = fields;
  last += 1;
  const { resource, scope } = makeRequest({ slot, generation });
  return {
    timeNs: BigInt(last) * 1_000_000_000n,
    ...{ severity: 9, severityText: '', body: `line ${last}`, attributes: {}, flags: 0, eventName: '' },
    ...{ traceId: '', spanId: '', scope },
    resource: { ...resource, attributes: { ...resource.attributes, 'service.name': service } },
    ...rest,
  };
}

function sessionWith(...entries: readonly LogEntry[]) {
  const { store, session } = makeSession();
  store.addLogs(entries);
  return {
    store,
    session,
    bodies: (filter = '') => session.logs({ filter, before: undefined, limit: 99 }).rows.map(({ body }) => body),
  };
}

test('a record is what came: its time, its severity as text or by its number, its body as text, its worker', (t) => {
  const { session } = sessionWith(
    log({
      severity: 17,
      severityText: 'E',
      body: 'broken',
      attributes: { 'http.route': '/pay', n: 3 },
      slot: 2,
      generation: 4,
    }),
    ...[0, 1, 4, 5, 13, 21, 24, 99].map((severity) => log({ severity })),
    log({ body: { a: [1, true] } }),
    log({ body: null }),
    log({ traceId: freshId(16), spanId: freshId(8) }),
  );
  const { rows } = session.logs({ filter: '', before: undefined, limit: 99 });
  t.like(rows[0], {
    ...{ severity: 'E', severityNumber: 17, body: 'broken', service: 'shop' },
    worker: { slot: 2, generation: 4, pid: 102 },
    attributes: [
      ['http.route', '/pay', 'string'],
      ['n', '3', 'number'],
    ],
  });
  t.false('traceId' in rows[0]!, 'outside of a span');
  t.deepEqual(
    rows.slice(1, 9).map(({ severity }) => severity),
    ['', 'TRACE', 'TRACE', 'DEBUG', 'WARN', 'FATAL', 'FATAL', 'FATAL'],
  );
  t.deepEqual(JSON.parse(rows[9]!.body), { a: [1, true] });
  t.is(typeof rows[10]!.body, 'string');
  t.true(/^[0-9a-f]{32}$/.test(rows[11]!.traceId ?? '') && /^[0-9a-f]{16}$/.test(rows[11]!.spanId ?? ''));
});

const traceId = freshId(16);
const { bodies } = sessionWith(
  log({ body: 'Cart opened', slot: 0 }),
  log({ body: 'pay failed', severity: 17, slot: 1, attributes: { 'user.id': 'ann', route: '/pay' } }),
  log({ body: 'slow query', severity: 13, generation: 2, traceId, spanId: freshId(8) }),
  log({ body: 'trace me', severity: 1, service: 'mail' }),
);
const FILTERS: readonly (readonly [filter: string, found: readonly string[]])[] = [
  ['', ['Cart opened', 'pay failed', 'slow query', 'trace me']],
  ['CART', ['Cart opened']],
  ['ann', ['pay failed']],
  ['"pay failed"', ['pay failed']],
  ['-failed', ['Cart opened', 'slow query', 'trace me']],
  ['user.id=ann', ['pay failed']],
  ['user.id=an', []],
  ['nothing=ann', []],
  ['worker:1', ['pay failed']],
  ['gen:2', ['slow query']],
  ['-gen:2 -worker:1', ['Cart opened', 'trace me']],
  ['error', ['pay failed']],
  ['level:warn', ['pay failed', 'slow query']],
  ['level:TRACE', ['Cart opened', 'pay failed', 'slow query', 'trace me']],
  ['level:fatal', []],
  ['service:MAIL', ['trace me']],
  [`trace:${traceId}`, ['slow query']],
  [`trace:${traceId.slice(-6)}`, ['slow query']],
  // A log record has none of these; what has them not is all.
  ['route:/pay', []],
  ['-name:x', ['Cart opened', 'pay failed', 'slow query', 'trace me']],
  ['dur>1ms', []],
  ['status:500', []],
  ['probe', []],
];
for (const [filter, found] of FILTERS) {
  test(`the log records that fit "${filter.replace(traceId, 'ID')}"`, (t) => t.deepEqual(bodies(filter), found));
}

test('a list goes back page by page, newest last in each, and ends', (t) => {
  const { session } = sessionWith(...Array.from({ length: 5 }, (_, at) => log({ body: `${at}` })));
  const page = (before?: string) => session.logs({ filter: '', before, limit: 2 });
  const first = page();
  t.deepEqual([first.rows.map(({ body }) => body), first.more], [['3', '4'], true]);
  const second = page(first.rows[0]?.cursor);
  t.deepEqual([second.rows.map(({ body }) => body), second.more], [['1', '2'], true]);
  const third = page(second.rows[0]?.cursor);
  t.deepEqual([third.rows.map(({ body }) => body), third.more], [['0'], false]);
  t.deepEqual(page('not a number').rows, []);
});

const rowsIn = (message: StreamMessage | undefined): readonly LogRow[] | undefined =>
  message?.type === 'logs' ? message.rows : undefined;

test('an open view gets the newest, then what comes, each once; nothing new is no message, but for the first', (t) => {
  const { store, session } = sessionWith();
  const feed = session.feed('logs', 'level:warn');
  t.deepEqual(rowsIn(feed.next()), []);
  t.is(feed.next(), undefined);
  store.addLogs([log({ body: 'calm' }), log({ body: 'first', severity: 13 })]);
  t.deepEqual(
    rowsIn(feed.next())?.map(({ body }) => body),
    ['first'],
  );
  store.addLogs([log({ body: 'second', severity: 17 })]);
  t.deepEqual(
    rowsIn(feed.next())?.map(({ body }) => body),
    ['second'],
  );
  t.is(feed.next(), undefined);
  feed.close();
  t.throws(() => session.feed('logs', 'level:loud'), { instanceOf: BadFilter });
});

test('of more than a view takes at once the newest are sent: 200 at first, 500 later', (t) => {
  const many = (count: number) => Array.from({ length: count }, () => log());
  const { store, session } = sessionWith(...many(250));
  const feed = session.feed('logs', '');
  t.is(rowsIn(feed.next())?.length, 200);
  const more = many(700);
  store.addLogs(more);
  const rows = rowsIn(feed.next());
  t.is(rows?.length, 500);
  t.is(rows?.at(-1)?.body, more.at(-1)?.body as string);
});

test('the records of a trace stand in it by their time, whatever the order in which they came, and from every sender', (t) => {
  const entry = makeRequest();
  const { store, session } = sessionWith();
  store.addSpans([entry]);
  const of = (body: string, ms: bigint, slot: number) =>
    log({ body, timeNs: ms * 1_000_000n, slot, traceId: entry.traceId, spanId: entry.spanId });
  store.addLogs([of('late', 9n, 0), of('early', 1n, 1), log({ traceId: freshId(16) }), of('middle', 5n, 0)]);
  t.deepEqual(
    session.trace(entry.traceId)?.logs.map(({ body }) => body),
    ['early', 'middle', 'late'],
  );
});
