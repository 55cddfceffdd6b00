import test from 'ava';
import { latest } from '../../../src/dev/session/whole-session.js';
import { spansOf } from '../../../src/dev/trace-columns.js';
import { makeRequest, makeSession } from '../../helpers/page.js';
import { exception } from '../../helpers/span.js';

test('routes: rate, errors and durations by worker and generation; a slower generation is marked, an equal one is not', (t) => {
  const { store, session } = makeSession();
  for (let at = 0; at < 60; at++) {
    store.addSpans([
      makeRequest({ generation: 1, slot: at % 2, ms: 10 + (at % 5) }),
      makeRequest({ generation: 2, slot: at % 2, ms: 40 + (at % 5) }),
      makeRequest({ generation: 1, route: '/same', ms: 10 + (at % 7) }),
      makeRequest({ generation: 2, route: '/same', ms: 10 + ((at + 3) % 7) }),
      makeRequest({ generation: 1, route: '/broken' }),
      makeRequest({ generation: 2, route: '/broken', http: at % 4 === 0 ? 500 : 200 }),
    ]);
  }
  const { routes } = latest(session, 'routes');
  const [pay, same, broken] = ['/pay', '/same', '/broken'].map((route) => routes.find((one) => one.route === route));
  t.is(pay?.all.count, 120);
  t.deepEqual(
    pay?.byWorker.map(({ slot, red }) => [slot, red.count]),
    [
      [0, 60],
      [1, 60],
    ],
  );
  t.deepEqual(
    pay?.byGeneration.map(({ generation }) => generation),
    [1, 2],
  );
  t.is(pay?.regression?.what, 'slower');
  t.is(same?.regression, undefined);
  t.deepEqual(broken?.regression, { what: 'errors', from: 0, to: 0.25 });
  t.true(Math.abs((pay?.byGeneration[0]?.red.p50 ?? 0) - 12) < 1.5, `${pay?.byGeneration[0]?.red.p50}`);
});

test('errors are grouped by type and the topmost frame of the app itself', (t) => {
  const { store, session } = makeSession();
  const stack = (line: number) =>
    `Error: no dice ${line}\n    at Pool.query (/app/node_modules/pg/index.js:1:1)\n    at node:internal/x:1:1\n    at roll (/app/dice.js:7:9)\n    at main (/app/main.js:1:1)`;
  for (const line of [1, 2, 3]) {
    const event = exception('RangeError', `no dice ${line}`);
    const attributes = { ...event.attributes, 'exception.stacktrace': stack(line) };
    store.addSpans([makeRequest({ slot: line, http: 500, events: [{ ...event, attributes }] })]);
  }
  // As the exit of a worker is reported: the type stands before the message alone.
  const typeless = exception('', 'RangeError: no dice 4');
  const attributes = { 'exception.message': 'RangeError: no dice 4', 'exception.stacktrace': stack(4) };
  store.addSpans([makeRequest({ slot: 1, events: [{ ...typeless, attributes }] })]);
  store.addSpans([makeRequest({ http: 503, route: '/other' }), makeRequest({ http: 404 })]);
  const { groups } = latest(session, 'errors');
  t.deepEqual(
    groups.map(({ type, frame, count, workers, routes }) => ({ type, frame, count, workers, routes })),
    [
      { type: 'HTTP 503', frame: undefined, count: 1, workers: [0], routes: ['/other'] },
      { type: 'RangeError', frame: 'roll (/app/dice.js:7:9)', count: 4, workers: [1, 2, 3], routes: ['/pay'] },
    ],
  );
  t.is(groups[1]?.traceIds.length, 4);
  t.is(groups[1]?.message, 'no dice 4');
});

test('the map has who calls, what is called, and no place for what answers itself', (t) => {
  const { session } = makeSession();
  const entry = makeRequest();
  const child = { traceId: entry.traceId, parentSpanId: entry.spanId, kind: 'client' } as const;
  const toStock = makeRequest({ ...child, attributes: { 'server.address': 'stock', 'server.port': 80 } });
  const resource = { attributes: { 'service.name': 'stock' }, droppedAttributes: 0, schemaUrl: '' };
  session.traceFinished([
    entry,
    toStock,
    makeRequest({ traceId: entry.traceId, parentSpanId: toStock.spanId, resource }),
    makeRequest({
      ...child,
      attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'carts', 'server.address': 'db' },
    }),
    makeRequest({ ...child, attributes: { 'server.address': 'api.example', 'server.port': 443 } }),
    makeRequest({
      ...child,
      kind: 'producer',
      attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
    }),
  ]);
  const { nodes, edges } = latest(session, 'map');
  t.deepEqual(
    edges.map(({ from, to }) => `${from} -> ${to}`),
    [
      'client -> service shop',
      'service shop -> service stock',
      'service shop -> database postgresql carts db',
      'service shop -> http api.example:443',
      'service shop -> queue kafka orders',
    ],
  );
  t.is(nodes.length, 6);
});

test('siblings that repeat are one with all of them, and missing parents are named', (t) => {
  const { store, session } = makeSession();
  const entry = makeRequest({ parentSpanId: 'ffffffffffffffff' });
  const query = (at: number) =>
    makeRequest({
      traceId: entry.traceId,
      parentSpanId: entry.spanId,
      kind: 'client',
      name: 'SELECT',
      startNs: BigInt(at + 1),
      endNs: BigInt(at + 1_000_001),
    });
  store.addSpans([entry, ...Array.from({ length: 6 }, (_, at) => query(at))]);
  const detail = session.trace(entry.traceId);
  t.is(detail?.spans[0]?.spanId, entry.spanId);
  t.deepEqual(
    detail?.spans.map(({ depth }) => depth),
    [0, 1, 1, 1, 1, 1, 1],
  );
  t.is(detail?.spans[1]?.repeated?.count, 6);
  t.is(detail?.spans[2]?.repeated, undefined);
  t.deepEqual(
    detail?.missing.map(({ spanId }) => spanId),
    ['ffffffffffffffff'],
  );
});

test('a trace as columns has all that its spans have, and each text once', (t) => {
  const { store, session } = makeSession();
  const entry = makeRequest({
    attributes: { 'http.route': '/cart', items: 3, gift: true },
    status: { code: 'error', message: 'sold out' },
    events: [{ name: 'retry', timeNs: 5_000_000n, attributes: { attempt: 2 }, droppedAttributes: 0 }],
  });
  const below = makeRequest({
    traceId: entry.traceId,
    parentSpanId: entry.spanId,
    attributes: { 'http.route': '/cart', items: 'three' },
  });
  store.addSpans([below, entry]);
  const columns = session.traceColumns(entry.traceId);
  if (columns === undefined) return t.fail('it is held');
  const { spans, attributesAre } = spansOf(columns.frame);
  t.deepEqual(spans[0]?.attributes, []);
  attributesAre(columns.attributes());
  const [first, second] = spans;
  t.like(first, { spanId: entry.spanId, depth: 0, status: 'error', statusMessage: 'sold out' });
  t.deepEqual(first?.attributes, [
    ['http.route', '/cart', 'string'],
    ['items', '3', 'number'],
    ['gift', 'true', 'boolean'],
  ]);
  t.deepEqual(first?.events, [{ at: 5, name: 'retry', attributes: [['attempt', '2', 'number']] }]);
  t.like(second, { spanId: below.spanId, parentId: entry.spanId, depth: 1 });
  t.deepEqual(second?.attributes, [
    ['http.route', '/cart', 'string'],
    ['items', 'three', 'string'],
  ]);
  t.deepEqual(session.trace(entry.traceId)?.spans, JSON.parse(JSON.stringify([first, second])));
});

test('spans whose parents form a ring are all shown, once', (t) => {
  const { store, session } = makeSession();
  const [a, b] = ['000000000000000a', '000000000000000b'];
  const one = makeRequest({ spanId: a, parentSpanId: b });
  store.addSpans([one, makeRequest({ traceId: one.traceId, spanId: b, parentSpanId: a })]);
  t.is(session.trace(one.traceId)?.spans.length, 2);
});

test('five minutes by slot and second, and senders that are no workers apart', (t) => {
  const { store, session } = makeSession();
  const resource = { attributes: { 'service.name': 'other' }, droppedAttributes: 0, schemaUrl: '' };
  store.addSpans([
    makeRequest({ slot: 1, ms: 8 }),
    makeRequest({ slot: 1, ms: 8 }),
    makeRequest({ resource }),
    makeRequest({ endNs: 1n }),
  ]);
  const { now } = latest(session, 'now');
  t.is(now.seconds.length, 300);
  t.deepEqual(
    now.lanes.map(({ slot, requests }) => [slot, requests.reduce((a, b) => a + b)]),
    [
      [-1, 1],
      [1, 2],
    ],
  );
  const p50 = now.lanes[1]?.p50.filter((value) => value !== null) ?? [];
  t.true(p50.length >= 1 && p50.every((value) => Math.abs(value - 8) < 1), String(p50));
});

test('lints of doctor hold of what came', (t) => {
  const { store, session } = makeSession();
  store.addSpans(
    Array.from({ length: 30 }, (_, at) => makeRequest({ name: `GET /users/${at}${at}12`, startNs: 1n, endNs: 2n })),
  );
  t.true(latest(session, 'lints').lints.length > 0);
});
