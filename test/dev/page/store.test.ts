import test from 'ava';
import { makeRequest, makeSession } from '../../helpers/page.js';
import { makeSpan } from '../../helpers/span.js';

const MB = 1 << 20;

test('a noisy worker takes nothing of what the others hold, and what went is counted', (t) => {
  const { store } = makeSession({ spanBytes: 8 * MB });
  const quiet = [0, 1, 2].flatMap((slot) => Array.from({ length: 200 }, () => makeRequest({ slot })));
  store.addSpans(quiet);
  for (let round = 0; round < 400; round++) {
    store.addSpans(
      Array.from({ length: 100 }, (_, at) => makeRequest({ slot: 3, name: `${round} ${at} ${'x'.repeat(200)}` })),
    );
  }
  t.true(store.evicted.spans > 10_000);
  t.is(store.held.spans + store.evicted.spans, 600 + 40_000);
  for (const { traceId } of quiet) t.truthy(store.traces.get(traceId));
  t.true(store.held.bytes <= 8 * MB);
});

test('senders that invent names share one place, and the store stays within its bytes', (t) => {
  const { store } = makeSession({ spanBytes: 16 * MB, logBytes: MB });
  for (let sender = 0; sender < 2_000; sender++) {
    const resource = { attributes: { 'service.name': `s${sender}` }, droppedAttributes: 0, schemaUrl: '' };
    store.addSpans([makeRequest({ resource, name: 'n'.repeat(1_000) })]);
  }
  t.is(new Set([...store.spanSegments()].map(({ sender }) => sender)).size, 65);
  t.true(store.held.bytes < 17 * MB, `${store.held.bytes}`);
});

test('a trace of which a part was evicted keeps the rest, and is found by its new entry', (t) => {
  const { store, session } = makeSession({ spanBytes: MB });
  const entry = makeRequest({ slot: 0 });
  const child = makeRequest({
    slot: 1,
    traceId: entry.traceId,
    parentSpanId: entry.spanId,
    kind: 'internal',
    name: 'child',
  });
  store.addSpans([entry, child]);
  while (store.traces.get(entry.traceId)?.places.length === 2) {
    store.addSpans(Array.from({ length: 100 }, () => makeRequest({ slot: 0, name: 'x'.repeat(500) })));
  }
  const detail = session.trace(entry.traceId);
  t.deepEqual(
    detail?.spans.map(({ name }) => name),
    ['child'],
  );
  t.deepEqual(detail?.missing, [{ spanId: entry.spanId, reason: 'it may have been evicted: the store is full' }]);
});

test('a span that came twice is held once, in a small trace and in one of thousands', (t) => {
  const { store } = makeSession();
  const spans = Array.from({ length: 2_000 }, (_, at) => makeSpan({ spanId: at.toString(16).padStart(16, '0') }));
  t.is(store.addSpans(spans).length, 2_000);
  t.is(store.addSpans(spans).length, 0);
  t.is(store.held.spans, 2_000);
});

test('every kind of value comes back with its type, and a key may be called as what every object has', (t) => {
  const { store, session } = makeSession();
  const attributes = {
    text: 'a',
    yes: true,
    huge: 9_007_199_254_740_993n,
    ratio: 0.25,
    list: ['a', 1n],
    map: { inner: new Uint8Array([1]) },
    bytes: new Uint8Array([1, 2]),
    toString: 'x',
  };
  const span = makeSpan({ attributes });
  store.addSpans([span]);
  t.deepEqual(session.trace(span.traceId)?.spans[0]?.attributes, [
    ['text', 'a', 'string'],
    ['yes', 'true', 'boolean'],
    ['huge', '9007199254740993', 'number'],
    ['ratio', '0.25', 'number'],
    ['list', '["a","1"]', 'array'],
    ['map', '{"inner":"AQ=="}', 'map'],
    ['bytes', 'AQI=', 'bytes'],
    ['toString', 'x', 'string'],
  ]);
});

test('a span about a worker that is gone is of that one, in the share of the one that has sent it', (t) => {
  const { store } = makeSession();
  const attributes = { 'kf.worker.slot': 1, 'kf.worker.generation': 3, 'kf.worker.pid': 77 };
  const exit = makeSpan({ name: 'kf.worker.exit', attributes, slot: 2 });
  store.addSpans([exit]);
  const [segment] = [...store.spanSegments()];
  t.is(segment?.sender, 'slot 2');
  t.deepEqual(segment?.originOf(0).worker, { slot: 1, generation: 3, pid: 77 });
  t.true(store.origins.ofSpan(exit) === segment?.originOf(0), 'one object for all of them');
  t.is(store.origins.ofSpan(makeSpan({ attributes, slot: 2 })).worker.slot, 2, 'a span of the app');
});
