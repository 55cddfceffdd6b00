import test from 'ava';
import { BadFilter } from '../../../src/dev/filter/bad-filter.js';
import { readFilter } from '../../../src/dev/filter/filter.js';
import { makeRequest, makeSession } from '../../helpers/page.js';

test('each term finds the traces that have it, and - those that have not', (t) => {
  const { store, session } = makeSession();
  const slow = makeRequest({ slot: 2, generation: 3, route: '/pay/:id', ms: 80, http: 503 });
  const fast = makeRequest({ slot: 1, generation: 2, route: '/cart', ms: 5 });
  const probe = makeRequest({ route: '/healthz', ms: 1, slot: 1, generation: 2 });
  const query = makeRequest({
    traceId: fast.traceId,
    kind: 'client',
    name: 'SELECT * FROM "carts"',
    attributes: { 'db.system': 'postgresql' },
  });
  store.addSpans([slow, fast, probe, query]);
  const found = (filter: string) =>
    session.traces({ filter, before: undefined, limit: 10 }).rows.map(({ route }) => route);
  const cases = {
    '': ['/pay/:id', '/cart', '/healthz'],
    'route:/PAY': ['/pay/:id'],
    'dur>50ms': ['/pay/:id'],
    'dur<0.05s dur>2': ['/cart'],
    'worker:2 gen:3': ['/pay/:id'],
    'worker:2 gen:2': [],
    error: ['/pay/:id'],
    '-error -probe': ['/cart'],
    'status:5xx': ['/pay/:id'],
    'status:200 -route:health': ['/cart'],
    'service:shop probe': ['/healthz'],
    'name:"SELECT * FROM"': ['/cart'],
    'db.system=postgresql worker:1': ['/cart'],
    'db.system=postgres': [],
    postgres: ['/cart'],
    '"select * from"': ['/cart'],
    [`trace:${slow.traceId}`]: ['/pay/:id'],
    '(.*)+$': [],
  };
  for (const [filter, routes] of Object.entries(cases)) t.deepEqual(found(filter), routes, filter);
});

test('what an open view gets is what a search finds', (t) => {
  const { store, session } = makeSession();
  const filters = [
    'route:/pay',
    'worker:2 error',
    'dur>10ms',
    '-probe',
    'shop',
    'http.request.method=GET',
    'status:5xx',
  ];
  const feeds = filters.map((filter) => session.feed('traces', filter));
  for (const feed of feeds) t.deepEqual(feed.next(), { type: 'traces', rows: [] });
  store.addSpans(
    [0, 1, 2].flatMap((slot) => [makeRequest({ slot, ms: 20 }), makeRequest({ slot, route: '/healthz', http: 500 })]),
  );
  filters.forEach((filter, at) => {
    const rows = session.traces({ filter, before: undefined, limit: 10 }).rows;
    const message = feeds[at]?.next();
    t.deepEqual(message ?? { type: 'traces', rows: [] }, { type: 'traces', rows }, filter);
  });
});

test('a list goes back page by page', (t) => {
  const { store, session } = makeSession();
  store.addSpans(Array.from({ length: 25 }, (_, at) => makeRequest({ route: `/${at}` })));
  const seen: (string | undefined)[] = [];
  let before: string | undefined;
  for (let more = true; more; ) {
    const list = session.traces({ filter: 'worker:0', before, limit: 10 });
    seen.unshift(...list.rows.map(({ route }) => route));
    before = list.rows[0]?.cursor;
    more = list.more;
  }
  t.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, at) => `/${at}`),
  );
});

test('a filter that cannot be read says where, and what to write', (t) => {
  const cases = {
    'route:/x foo:1': [9, 'there is no field foo'],
    'dur>fast': [4, 'this is no duration'],
    'dur:5': [3, 'a duration is more or less than another'],
    'error name:"x': [11, 'the quote is not closed'],
    'worker:two': [7, 'worker is a number'],
    'status:6xx': [7, 'this is no HTTP status'],
    'level:loud': [6, 'this is no level'],
    'route:': [6, 'route has no value'],
    'name>x': [0, 'name is not measured'],
  } as const;
  for (const [filter, [at, what]] of Object.entries(cases)) {
    const error = t.throws(() => readFilter(filter), { instanceOf: BadFilter }, filter);
    t.is(error?.at, at, filter);
    t.is(error?.message, what);
    t.truthy(error?.fix);
  }
  t.deepEqual(readFilter('http://x/y'), [{ not: false, kind: 'text', text: 'http://x/y' }]);
});
