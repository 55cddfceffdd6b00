import test from 'ava';
import type { DoctorAnswer } from '../../src/contract/control-protocol.js';
import { LINTS, type LintSpan } from '../../src/diagnose/lints/index.js';
import { templateOf } from '../../src/diagnose/lints/names.js';
import { createServices } from '../../src/diagnose/lints/services.js';
import { createTally } from '../../src/diagnose/lints/tally.js';
import { lintWatched } from '../../src/diagnose/live/spans.js';
import { lint, span } from './lint-spans.js';

const idsOf = (...spans: readonly LintSpan[]) => lint(spans).map(({ id }) => id);
const internal = (own: Partial<LintSpan>) => span({ kind: 'internal', attributes: {}, name: 'work', ...own });

for (const [name, template] of [
  ['GET /users/17/carts/abcd', 'GET /users/:id/carts/abcd'],
  ['job-4711', 'job-:id'],
  ['queue.3', 'queue.:id'],
  ['GET /x?a=1&b=2', 'GET /x?:query'],
  ['mail to ann@shop.example', 'mail to :id'],
  ['key 550e8400-e29b-41d4-a716-446655440000', 'key :id'],
  ['deadbeef01', ':id'],
  ['feedface', 'feedface'],
  ['a1b2c3d4e5f6g7h8', ':id'],
  ['GET /v2/users', 'GET /v2/users'],
  ['SELECT * FROM t WHERE id=7', 'SELECT * FROM t WHERE id=:id'],
  ['GET /users/:id', 'GET /users/:id'],
  ['1.25.3', ':id'],
] as const) {
  test(`the template of ${name} is ${template}`, (t) => t.is(templateOf(name), template));
}

test('names without an id may be many of one service, up to 200; another service is counted for itself', (t) => {
  const named = (count: number, service: string) =>
    Array.from({ length: count }, (_, at) =>
      internal({ service, name: `do ${'abcdefghij'[at % 10]}${'klmnopqrstuvwxyzKLMNOP'[Math.floor(at / 10)]}` }),
    );
  t.deepEqual(
    lint([span(), ...named(199, 'shop')]).filter(({ id }) => id === 'high-cardinality-names'),
    [],
  );
  const [found] = lint([span({ service: 'many' }), ...named(201, 'many'), ...named(150, 'few')]).filter(
    ({ id }) => id === 'high-cardinality-names',
  );
  t.regex(found?.what ?? '', /^spans of many have more than 200 names$/);
});

test('a template with many names is one finding, with the number as far as it is counted', (t) => {
  const found = lint(Array.from({ length: 300 }, (_, at) => span({ name: `GET /users/${at}` })));
  t.deepEqual(
    found.map(({ what }) => what.slice(0, 20)),
    ['50 and more names of'],
  );
  t.is(found[0]?.examples.length, 3);
  const few = Array.from({ length: 2 }, (_, at) => span({ name: `GET /users/${at}` }));
  t.deepEqual(idsOf(...few), [], 'two names are no pattern');
});

test('the worst five templates are shown, the one with most names first', (t) => {
  const spans = Array.from({ length: 7 }, (_, kind) =>
    Array.from({ length: 3 + kind }, (_, at) => span({ name: `kind${'abcdefg'[kind]} ${at}` })),
  ).flat();
  const found = lint(spans);
  t.deepEqual(
    found.map(({ what }) => /kind\w/.exec(what)?.[0]),
    ['kindg', 'kindf', 'kinde', 'kindd', 'kindc'],
  );
});

test('requests that nobody routes need no route: preflights, redirects, what is not found; errors do', (t) => {
  const answered = (status: number, method = 'GET') =>
    span({ attributes: { 'http.request.method': method, 'http.response.status_code': status }, name: method });
  t.deepEqual(idsOf(answered(200, 'OPTIONS'), answered(302), answered(404), answered(499)), []);
  t.deepEqual(idsOf(answered(500)), ['server-without-route']);
  t.deepEqual(idsOf(span({ attributes: { 'http.method': 'GET', 'http.status_code': 200 } })), ['server-without-route']);
  t.deepEqual(idsOf(span({ attributes: { 'rpc.system': 'grpc' } })), [], 'it is no HTTP');
});

test('an exception counts where nobody has set a status', (t) => {
  const events = [{ name: 'exception' }];
  t.deepEqual(idsOf(span({ events, status: 'error' }), span({ events, status: 'ok' })), []);
  t.deepEqual(idsOf(span({ events: [{ name: 'log' }, ...events] })), ['exception-without-status']);
});

test('attributes that are large, or many that are large together; sizes alone where values stay in the worker', (t) => {
  const text = (length: number) => 'x'.repeat(length);
  const route = { 'http.route': '/x' };
  t.deepEqual(idsOf(span({ attributes: { ...route, body: text(4_096) } })), []);
  const [large] = lint([span({ attributes: { ...route, body: text(4_097) } })]);
  t.regex(large?.what ?? '', /with huge attributes: body$/);
  const many = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`k${at}`, text(2_000)]));
  t.regex(lint([span({ attributes: { ...route, ...many } })])[0]?.what ?? '', /6 attributes together$/);
  t.deepEqual(idsOf(span({ attributeSizes: { secret: 5_000 } })), ['huge-attributes']);
  t.deepEqual(idsOf(span({ attributeSizes: { a: 10 } })), []);
});

test('spans of the supervisor itself are not those of the app', (t) => {
  t.deepEqual(idsOf(internal({ scope: 'kf-cluster', service: 'other' })), []);
});

test('a service is counted from its first request on, whatever the order in which its spans come', (t) => {
  const services = createServices();
  for (const startMs of [30, 10, 20]) services.add(span({ startMs }));
  services.add(internal({ startMs: 5 }));
  services.add(span({ service: 'queue', kind: 'consumer', startMs: 7 }));
  t.deepEqual(
    ['shop', 'queue', 'none'].map((name) => services.servesSince(name)),
    [10, 7, undefined],
  );
  for (let at = 0; at < 200; at++) services.add(span({ service: `s${at}`, startMs: 1 }));
  t.is(services.servesSince('s0'), 1);
  t.is(services.servesSince('s199'), undefined, 'the memory for names is bounded');
});

test('a tally shows three names and three traces, counts all, and its copy goes its own way', (t) => {
  const tally = createTally();
  for (let at = 0; at < 9; at++) tally.found('shop', `name ${at}`.padEnd(200, 'x'), `trace ${at}`);
  const copy = tally.copy();
  copy.found('shop', 'one more', 'trace');
  const row = {
    severity: 'warning',
    about: '',
    describe: ({ count, names }: { count: number; names: string }) => ({ what: `${count}`, why: names, fix: '' }),
  } as const;
  const [found] = tally.findings('an-id', row);
  t.like(found, { id: 'an-id', what: '9', examples: ['trace 0', 'trace 1', 'trace 2'] });
  t.true((found?.why.length ?? 999) <= 3 * 80 + 4, 'names are cut');
  t.is(copy.findings('an-id', row)[0]?.what, '10');
  for (let at = 0; at < 300; at++) tally.found(`s${at}`, 'n', 't');
  t.is(tally.findings('an-id', row).length, 100);
});

const answer = (requests: number, ...spans: readonly LintSpan[]) =>
  ({
    status: { workers: [{ stats: { requests } }] },
    watched: [{ spans: spans.slice(0, 1) }, { spans: spans.slice(1) }],
  }) as unknown as DoctorAnswer;

test('what workers have seen together is one picture: a parent in one, its span in another', (t) => {
  const entry = span();
  const inner = internal({ traceId: entry.traceId, parentId: entry.spanId });
  t.deepEqual(lintWatched(answer(1, entry, inner), 20_000), []);
  const [found] = lintWatched(answer(1, entry, { ...inner, ended: false }), 60_000);
  t.like(found, { id: 'unended-spans', symptom: 'lost-spans', severity: LINTS['unended-spans'].severity });
  t.is(found?.next, `look for trace ${entry.traceId}`);
});

test('a job that answers no request owes no SERVER span', (t) => {
  t.deepEqual(lintWatched(answer(0, internal({})), 20_000), []);
  t.deepEqual(
    lintWatched(answer(1, internal({})), 20_000).map(({ id }) => id),
    ['internal-only'],
  );
});
