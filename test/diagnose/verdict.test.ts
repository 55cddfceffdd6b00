import test from 'ava';
import type { WatchedWorker } from '../../src/contract/control-protocol.js';
import type { WatchedSpan } from '../../src/contract/watched-span.js';
import type { Followed } from '../../src/diagnose/smoke/follow.js';
import { judge } from '../../src/diagnose/smoke/verdict.js';

const IDS = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };

const span = (fields: Partial<WatchedSpan> = {}): WatchedSpan => ({
  traceId: IDS.traceId,
  spanId: 'c'.repeat(16),
  parentId: IDS.spanId,
  service: 'shop',
  name: 'GET /cart',
  kind: 'server',
  startMs: 0,
  endMs: 1,
  ended: true,
  status: 'unset',
  attributes: { 'http.route': '/cart' },
  events: [],
  ...fields,
});
const worker = (fields: Partial<WatchedWorker> = {}): WatchedWorker => ({
  ...{ slot: 1, pid: 7, spans: [span()], seen: 1, fate: 'acknowledged' },
  ...fields,
});

const followed = (fields: Partial<Followed> = {}): Followed => ({
  answered: { status: 200, ms: 3 },
  workers: [worker()],
  silent: [],
  served: 1,
  instrumented: ['http'],
  ...fields,
});
const judged = (fields: Partial<Followed> = {}) => judge(followed(fields), IDS);

test('a request whose spans were acknowledged has no failure, and every line is good', (t) => {
  const { lines, failure } = judged();
  t.is(failure, undefined);
  t.deepEqual(lines, [
    [true, 'ended: 1 of 1 spans, by worker 1 (pid 7)'],
    [true, 'acknowledged by the collector'],
    [true, 'SERVER span: GET /cart'],
    [true, "parent: the request's own"],
    [true, 'route: /cart'],
    [true, 'service: shop'],
  ]);
});

test('a name that nobody gave, a route that is missing and another parent are said, and are no failure', (t) => {
  const bad = (fields: Partial<WatchedSpan>) => {
    const { lines, failure } = judged({ workers: [worker({ spans: [span(fields)] })] });
    t.is(failure, undefined);
    return lines.flatMap(([ok, text]) => (ok ? [] : [text]));
  };
  t.deepEqual(bad({ service: 'unknown_service:node' }), ['service: unknown_service:node']);
  t.deepEqual(bad({ service: '' }), ['service: no name']);
  t.deepEqual(bad({ attributes: {} }), ['route: no http.route']);
  t.deepEqual(bad({ parentId: 'd'.repeat(16) }), ["parent: not the request's own"]);
  t.deepEqual(bad({ parentId: undefined }), ["parent: not the request's own"]);
});

test('of several SERVER spans the one that answered the request is judged', (t) => {
  const inner = span({ spanId: 'e'.repeat(16), parentId: 'f'.repeat(16), name: 'GET /inner', attributes: {} });
  const { lines } = judged({ workers: [worker({ spans: [inner, span()] })] });
  t.deepEqual(lines[2], [true, 'SERVER span: GET /cart']);
});

test('workers that have seen nothing are not named, all that have are', (t) => {
  const { lines } = judged({
    workers: [worker(), worker({ slot: 2, pid: 8, spans: [] }), worker({ slot: 3, pid: 9, spans: [span()] })],
  });
  t.is(lines[0]?.[1], 'ended: 2 of 2 spans, by worker 1 (pid 7), worker 3 (pid 9)');
});

for (const [fate, code, exit] of [
  ['open', 'UNREACHABLE', 69],
  ['waiting', 'UNREACHABLE', 69],
  ['rejected', 'UNREACHABLE', 69],
  ['dropped', 'UNREACHABLE', 69],
  ['unsent', 'NOT_TRACED', 1],
] as const) {
  test(`spans that are ${fate} fail the request: ${code}`, (t) => {
    const { lines, failure } = judged({ workers: [worker({ fate, why: 'HTTP status 401' })] });
    t.is(failure?.code, code);
    t.is(failure?.exitCode, exit);
    t.deepEqual(lines[1], [false, `acknowledged by the collector: ${fate}, HTTP status 401`]);
    if (fate !== 'unsent') t.is(failure?.why, 'HTTP status 401');
  });
}

test('one worker that was acknowledged does not hide another that was not', (t) => {
  const { failure } = judged({ workers: [worker(), worker({ slot: 2, fate: 'dropped' })] });
  t.is(failure?.code, 'UNREACHABLE');
  t.is(failure?.why, 'no more is known');
});

test('spans that have not ended are named before all else, three of them', (t) => {
  const open = ['a', 'b', 'c', 'd'].map((name) => span({ name, ended: false }));
  const { failure, lines } = judged({ workers: [worker({ spans: [...open, span()], fate: 'open' })] });
  t.is(failure?.code, 'NOT_TRACED');
  t.is(failure?.message, '4 spans have not ended: a, b, c');
  t.deepEqual(lines[0], [false, 'ended: 1 of 5 spans, by worker 1 (pid 7)']);
});

test('a trace without a SERVER span is no success, though all was acknowledged', (t) => {
  const { failure, lines } = judged({
    workers: [worker({ spans: [span({ kind: 'internal' }), span({ kind: 'client' }), span({ kind: 'internal' })] })],
  });
  t.is(failure?.code, 'NOT_TRACED');
  t.is(failure?.why, 'its spans are internal, client');
  t.deepEqual(lines[2], [false, 'SERVER span: none among internal, client']);
});

const NOBODY = worker({ spans: [], seen: 0 });
/** By what nobody has seen the trace, in the order in which it is judged. */
const UNSEEN: readonly (readonly [what: string, fields: Partial<Followed>, why: RegExp])[] = [
  ['no worker has answered a request meanwhile', { served: 0 }, /no worker of this supervisor has got the request/],
  [
    'one has answered, and none has a provider',
    { workers: [worker({ spans: [], seen: 0, blind: true })] },
    /no provider with an exporter/,
  ],
  [
    'a worker has begun another trace',
    { workers: [worker({ spans: [], seen: 2 }), NOBODY] },
    /its traceparent was not/,
  ],
  ['HTTP is not instrumented', { instrumented: ['pg'] }, /HTTP is not instrumented/],
  ['it was left out', {}, /^it was not sampled, or its URL is excluded$/],
  ['some did not say', { silent: [2, 3], served: 0 }, /excluded; slots 2, 3 did not answer$/],
  ['nobody has looked at all', { workers: [], served: undefined }, /^it was not sampled/],
];

for (const [what, fields, why] of UNSEEN) {
  test(`nobody has made a span of the request: ${what}`, (t) => {
    const { lines, failure } = judged({ workers: [NOBODY], answered: { status: 204, ms: 1 }, ...fields });
    t.deepEqual(lines, []);
    t.is(failure?.code, 'NOT_TRACED');
    t.regex(failure?.message ?? '', /^answered with 204/);
    t.regex(failure?.why ?? '', why);
  });
}
