import test from 'ava';
import { root, runNode } from '../../helpers/run-node.js';

const FIXTURE = `${root}test/fixtures/signals/console.mjs`;
const IDS = 'trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 trace_flags=01';
const MEMBERS = '"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","trace_flags":"01"';

/** What a console method is given, and what is printed in a span. */
const CASES: [string, unknown[], string][] = [
  ['a text', ['hello'], `hello ${IDS}`],
  ['a format', ['%s is %d%%', 'x', 3], `x is 3% ${IDS}`],
  ['a format that lacks arguments', ['%s is %s', 'x'], `x is %s ${IDS}`],
  ['a lone text with a per cent sign', ['100%% %s'], `100%% %s ${IDS}`],
  ['an object', [{ a: 1 }], `{ a: 1 } ${IDS}`],
  ['several values', ['a', 1, null], `a 1 null ${IDS}`],
  ['a line that is a JSON object', ['{"a":{"b":"}"}} '], `{"a":{"b":"}"},${MEMBERS}} `],
  ['a JSON object by a format', ['%j', { a: 1 }], `{"a":1,${MEMBERS}}`],
  ['an empty JSON object', ['{ }'], `{${MEMBERS}}`],
  ['a JSON object that has the ids', ['{"trace_id":"1"}'], '{"trace_id":"1"}'],
  ['a line that is a JSON array', ['[1,2]'], '[1,2]'],
  ['a line that is a JSON number', ['42'], '42'],
  ['a line that only begins like JSON', ['{ not json'], `{ not json ${IDS}`],
  ['a date', ['2026-01-01 up'], `2026-01-01 up ${IDS}`],
];

for (const [title, args, printed] of CASES) {
  test(`in a span: ${title}`, async (t) => {
    const { stdout, code, stderr } = await runNode([FIXTURE, JSON.stringify({ args, span: true })]).done;
    t.is(code, 0, stderr);
    t.is(stdout, `${printed}\n`);
  });
}

test('outside a span nothing is added', async (t) => {
  const { stdout } = await runNode([FIXTURE, JSON.stringify({ args: ['%s', 'hello'] })]).done;
  t.is(stdout, 'hello\n');
});

test('a console that gets what cannot be made a text fails as it would have, and goes on', async (t) => {
  const { stdout, code, stderr } = await runNode([FIXTURE, JSON.stringify({ hostile: true, span: true })]).done;
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), { plain: 'no text', wrapped: 'no text', after: 'printed' });
});
