import test from 'ava';
import { createLints, LINTS, type LintSpan } from '../../src/diagnose/lints/index.js';
import { templateOf } from '../../src/diagnose/lints/names.js';
import { lint, span } from './lint-spans.js';

const bare = { attributes: {} };
function child(parent: LintSpan, own: Partial<LintSpan> = {}): LintSpan {
  return span({ traceId: parent.traceId, parentId: parent.spanId, kind: 'internal', name: 'work', ...bare, ...own });
}

const idsOf = (spans: readonly LintSpan[], nowMs?: number) => lint(spans, nowMs).map(({ id }) => id);
const server = span();

const BROKEN: Readonly<Record<string, readonly LintSpan[]>> = {
  'internal-only': [span({ kind: 'internal', ...bare }), child(span())].slice(0, 1),
  'root-client': [server, span({ kind: 'client', name: 'GET', startMs: 11_000, ...bare })],
  'orphan-spans': [server, child({ ...server, spanId: 'feed' })],
  'high-cardinality-names': [17, 18, 19].map((id) => span({ name: `GET /users/${id}/carts` })),
  'server-without-route': [span({ name: 'GET', attributes: { 'http.request.method': 'GET' } })],
  'exception-without-status': [span({ events: [{ name: 'exception' }] })],
  'unended-spans': [server, child(server, { ended: false })],
  'huge-attributes': [span({ attributes: { 'http.route': '/x', 'http.request.body': 'x'.repeat(5_000) } })],
  'two-server-spans': [server, child(server, { kind: 'server', attributes: server.attributes })],
};

for (const [id, spans] of Object.entries(BROKEN)) {
  test(`${id} is found, it alone, with a trace that shows it`, (t) => {
    const found = lint(spans);
    t.deepEqual(
      found.map((one) => one.id),
      [id],
    );
    t.true(found[0]!.examples.length > 0 && spans.some(({ traceId }) => found[0]!.examples.includes(traceId)));
    t.regex(found[0]!.what, /shop/);
    t.notRegex(JSON.stringify(found), /xxxx/, 'no value of an attribute');
  });
}

test('each cause of a drop is a finding, and every lint is tested here', (t) => {
  const lints = createLints();
  lints.dropped({ late: 3, disk_full: 1, expired: 0 });
  const found = lints.findings();
  t.deepEqual(
    found.map(({ what }) => what),
    ['3 spans dropped: late', '1 span dropped: disk_full'],
  );
  t.deepEqual(Object.keys(LINTS).sort(), [...Object.keys(BROKEN), 'dropped-spans'].sort());
});

test('spans of a healthy service have no finding', (t) => {
  const remote = span({ parentId: 'aaaa', parentIsRemote: true });
  const query = child(server, { kind: 'client', name: 'SELECT shop' });
  const spans = [
    ...[server, remote, child(remote), query, child(query)],
    ...[span({ parentId: 'bbbb' }), span({ kind: 'consumer', name: 'orders process', ...bare })],
    child(remote, { kind: 'server', parentIsRemote: true, attributes: server.attributes }),
    span({ kind: 'client', name: 'redis-connect', startMs: 9_000, ...bare }),
    span({ name: 'GET', attributes: { 'http.request.method': 'GET', 'http.response.status_code': 404 } }),
    span({ status: 'error', events: [{ name: 'exception' }] }),
    span({ status: 'ok', events: [{ name: 'exception' }] }),
    span({ scope: 'kf-cluster', kind: 'internal', name: 'kf.reload', service: 'alone', ...bare }),
    ...['GET /v1/status', 'GET /v2/status', 'pg.query:SELECT', 'HTTP/1.1 upgrade'].map((name) => span({ name })),
  ];
  t.deepEqual(lint(spans), []);
});

test('the order in which spans come does not matter, and a span that came twice is one', (t) => {
  t.deepEqual(idsOf([child(server), server]), []);
  const two = BROKEN['two-server-spans']!;
  t.regex(lint([...two, ...two].reverse())[0]!.what, /^1 request of shop/);
  const open = child(server, { ended: false });
  t.deepEqual(idsOf([server, { ...open, ended: true }, open]), [], 'the start came late');
});

test('a trace that is not settled is no orphan yet, and a child may outlive its parent for a while', (t) => {
  const orphan = child({ ...server, spanId: 'feed' }, { endMs: 20_000 });
  t.deepEqual(idsOf([server, orphan], 25_000), []);
  t.deepEqual(idsOf([server, orphan], 30_001), ['orphan-spans']);
  t.deepEqual(idsOf([server, child(server, { ended: false })], 11_000), []);
  t.deepEqual(idsOf([server, child(server, { ended: false })], 13_000), ['unended-spans']);
});

test('what was seen of the parent at the start counts more than whether it came', (t) => {
  const nowhere = { ...server, spanId: 'feed' };
  t.deepEqual(idsOf([server, child(nowhere, { parentIsRecorded: true })]), []);
  t.deepEqual(idsOf([server, child(nowhere, { parentIsRecorded: false })]), ['orphan-spans']);
});

test('names become templates, and the template is in the finding', (t) => {
  const rows = [
    ['GET /users/17', 'GET /users/:id'],
    ['GET /users/0b9f1c52-6d0e-4f6a-9a55-0d2f6a1c7b10/x', 'GET /users/:id/x'],
    ['GET /t/4bf92f3577b34da6a3ce929d0e0e4736', 'GET /t/:id'],
    ['GET /find?q=shoes', 'GET /find?:query'],
    ['job order-1234', 'job order-:id'],
    ['mail ann@example.org', 'mail :id'],
    ['GET /users/:id', 'GET /users/:id'],
    ['SELECT shop.orders', 'SELECT shop.orders'],
    ['POST /v1/checkout', 'POST /v1/checkout'],
  ] as const;
  for (const [name, template] of rows) t.is(templateOf(name), template);
  t.regex(lint(BROKEN['high-cardinality-names']!)[0]!.fix, /\(GET \/users\/:id\/carts\)/);
  const words = Array.from({ length: 300 }, (_, i) =>
    span({ name: `say ${String.fromCharCode(97 + (i % 26), 97 + i / 26)}` }),
  );
  t.regex(lint(words)[0]!.what, /more than 200 names/);
});

test('memory is bounded: what was let go is counted, and does not make orphans', (t) => {
  const lints = createLints({ maxSpans: 10 });
  const one = span();
  lints.add(child(one));
  for (let i = 0; i < 100; i++) lints.add(span({ kind: 'client', startMs: 11_000 + i, ...bare, name: 'GET' }));
  lints.add(span({ startMs: 5_000 }));
  lints.add(one);
  for (let i = 0; i < 1_000; i++)
    lints.add(span({ service: `s${i}`, name: `GET /${i}`, events: [{ name: 'exception' }] }));
  const found = lints.findings();
  t.is(found.filter(({ id }) => id === 'orphan-spans').length, 1, 'the child was let go before its parent came');
  t.is(found.filter(({ id }) => id === 'exception-without-status').length, 100);
});
