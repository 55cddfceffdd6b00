import test from 'ava';
import { makeSpan } from '../helpers/span.js';
import { createStore } from '../helpers/span-store.js';

test('counts each span once, and what came again', (t) => {
  const store = createStore();
  t.is(store.add([makeSpan({ slot: 0 }), makeSpan({ slot: 0 }), makeSpan({ slot: 1, spanId: 'b' })]).length, 2);
  t.deepEqual(store.counts(), {
    received: 2,
    duplicates: 1,
    evicted: 0,
    workers: [
      { instanceId: 'id-0', slot: 0, pid: 7, received: 1, duplicates: 1 },
      { instanceId: 'id-1', slot: 1, pid: 7, received: 1, duplicates: 0 },
    ],
  });
});

test('forgets the oldest traces first, but not that they came', (t) => {
  const store = createStore({ maxSpans: 2 });
  store.add([makeSpan({ traceId: 'old' }), makeSpan({ traceId: 'old', spanId: 'b' })]);
  store.add([makeSpan({ traceId: 'new' })]);
  t.deepEqual(store.trace('old'), []);
  t.is(store.spans().length, 1);
  t.is(store.counts().received, 3);
  t.is(store.counts().evicted, 2);
});

test('a sender without our attributes is counted too', (t) => {
  const store = createStore();
  const resource = { attributes: {}, droppedAttributes: 0, schemaUrl: '' };
  store.add([makeSpan({ resource })]);
  t.like(store.counts().workers[0], { instanceId: '', slot: undefined, pid: undefined, received: 1 });
});

test('waitFor resolves at once, or when a span makes it true', async (t) => {
  const store = createStore();
  const waiting = store.waitFor((all) => all.spans().find((span) => span.name === 'late'));
  store.add([makeSpan({ name: 'early', spanId: 'a' })]);
  store.add([makeSpan({ name: 'late', spanId: 'b' })]);
  t.is((await waiting)?.spanId, 'b');
  t.is(await store.waitFor((all) => all.counts().received), 2);
});

test('waitFor rejects on abort and with what the probe throws', async (t) => {
  const store = createStore();
  const controller = new AbortController();
  const waiting = store.waitFor(() => false, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await t.throwsAsync(waiting, { message: 'enough' });
  await t.throwsAsync(
    store.waitFor(() => {
      throw new TypeError('bad probe');
    }),
    { message: 'bad probe' },
  );
});
