import test from 'ava';
import { type FinishedTrace, renderAddendum, renderTrace } from '../../src/dev/line.js';
import type { SpanRecord } from '../../src/dev/model.js';
import { watchTraces } from '../../src/dev/traces.js';
import { exception, makeSpan } from '../helpers/span.js';

/** A watcher whose quiet time passes when the test says so. */
function watch(maxTraces = 100) {
  const finished: FinishedTrace[] = [];
  const late: (readonly SpanRecord[])[] = [];
  const timers = new Set<() => void>();
  const watcher = watchTraces({
    onFinished: (trace) => finished.push(trace),
    onLate: (spans) => late.push(spans),
    maxTraces,
    setTimer: (run) => {
      timers.add(run);
      return { clear: () => timers.delete(run) };
    },
  });
  const quiet = () => {
    for (const run of [...timers]) run();
  };
  return { watcher, finished, late, timers, quiet };
}

const server = makeSpan({ kind: 'server', spanId: 'server', parentSpanId: 'remote', name: 'GET' });
const inner = makeSpan({ spanId: 'inner', parentSpanId: 'server', startNs: 1_500_000n });

test('a trace is finished once its entry is there and it is quiet', (t) => {
  const { watcher, finished, timers, quiet } = watch();
  watcher.add([inner]);
  t.is(timers.size, 0, 'without an entry nothing is waited for');
  watcher.add([server]);
  watcher.add([makeSpan({ spanId: 'other', parentSpanId: 'server' })]);
  t.is(timers.size, 1, 'one quiet time a trace');
  t.is(finished.length, 0);
  quiet();
  t.is(finished.length, 1);
  t.is(finished[0]?.entry.spanId, 'server');
  t.is(finished[0]?.spans.length, 3);
  watcher.close();
  t.is(finished.length, 1);
});

test('late spans are an addendum, never a second line', (t) => {
  const { watcher, finished, late, quiet } = watch();
  watcher.add([server]);
  quiet();
  watcher.add([inner]);
  quiet();
  watcher.close();
  t.is(finished.length, 1);
  t.deepEqual(late, [[inner]]);
});

test('in a trace over two workers the outer request is the entry', (t) => {
  const outer = makeSpan({ kind: 'server', spanId: 'outer', startNs: 5n });
  const client = makeSpan({ kind: 'client', spanId: 'client', parentSpanId: 'outer' });
  const callee = makeSpan({ kind: 'server', spanId: 'callee', parentSpanId: 'client', startNs: 1n });
  const { watcher, finished, quiet } = watch();
  watcher.add([callee, client, outer]);
  quiet();
  t.is(finished[0]?.entry.spanId, 'outer');
});

test('a trace without an entry is told at the end', (t) => {
  const { watcher, finished } = watch();
  watcher.add([inner]);
  watcher.close();
  t.is(finished[0]?.entry.spanId, 'inner');
});

test('over the limit the oldest trace is told as it stands', (t) => {
  const { watcher, finished } = watch(1);
  watcher.add([makeSpan({ traceId: 'a', parentSpanId: 'x' })]);
  watcher.add([makeSpan({ traceId: 'b', parentSpanId: 'x' })]);
  t.deepEqual(
    finished.map((trace) => trace.entry.traceId),
    ['a'],
  );
});

test('the line: stable and old HTTP attributes, and spans that are not HTTP', (t) => {
  const stable = { 'http.request.method': 'GET', 'http.route': '/rolldice', 'http.response.status_code': 200 };
  const old = { 'http.method': 'POST', 'http.target': '/dice?secret=1', 'http.status_code': 404 };
  t.is(line(stable), 'worker 2  GET /rolldice 200  1.9 ms  1 span  trace 4bf92f35…');
  t.is(line(old), 'worker 2  POST /dice 404  1.9 ms  1 span  trace 4bf92f35…');
  t.is(line({}), 'worker 2  span  1.9 ms  1 span  trace 4bf92f35…');
});

test('the line of a hang names the worker that hung, and not the one that has sent the span', (t) => {
  const attributes = { 'kf.worker.slot': 1, 'kf.worker.pid': 77 };
  const entry = makeSpan({ name: 'kf.worker.hang', attributes, slot: 2 });
  t.is(renderTrace({ entry, spans: [] }, false), 'worker 1  kf.worker.hang  1.9 ms  0 spans  trace 4bf92f35…');
  t.regex(renderTrace({ entry: makeSpan({ attributes }), spans: [] }, false), /^worker 2 /, 'a span of the app');
});

test('the line of a failed trace is red and names the exception', (t) => {
  const http = { 'http.request.method': 'GET', 'url.path': '/fail', 'http.response.status_code': 500 };
  const entry = makeSpan({ attributes: http, status: { code: 'error', message: '' } });
  const cause = makeSpan({ spanId: 'c', events: [exception('RangeError', 'no dice\nat roll()')] });
  const text = 'worker 2  GET /fail 500  1.9 ms  2 spans  trace 4bf92f35…  RangeError: no dice';
  t.is(renderTrace({ entry, spans: [cause, entry] }, false), text);
  t.is(renderTrace({ entry, spans: [cause, entry] }, true), `\u001b[31m${text}\u001b[0m`);
});

test('a handled exception in a request that went well is not red', (t) => {
  const entry = makeSpan({ events: [exception('Retried', 'once')] });
  t.is(renderTrace({ entry, spans: [entry] }, true), 'worker 2  span  1.9 ms  1 span  trace 4bf92f35…');
});

test('the addendum, and a failure in it', (t) => {
  t.is(renderAddendum([inner, server], false), 'worker 2  +2 spans late  trace 4bf92f35…');
  const failed = makeSpan({ status: { code: 'error', message: 'timed out' } });
  t.is(renderAddendum([failed], false), 'worker 2  +1 span late  trace 4bf92f35…  timed out');
});

test('a sender cannot steer the terminal', (t) => {
  t.false(renderTrace({ entry: makeSpan({ name: 'a\u001b[2Jb\u009bc' }), spans: [] }, false).includes('\u001b'));
});

function line(attributes: SpanRecord['attributes']): string {
  const entry = makeSpan({ attributes });
  return renderTrace({ entry, spans: [entry] }, false);
}
