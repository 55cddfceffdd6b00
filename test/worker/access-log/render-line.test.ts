import test from 'ava';
import { Lines } from '../../../src/worker/access-log/access-lines.js';
import { renderer } from '../../../src/worker/access-log/render-line.js';
import { type Served, ServedFields } from '../../../src/worker/access-log/served.js';

const WRITER = { slot: 3, generation: 7 };

/** The line of a request that is over, as the test says it. */
function line(format: string, change: Partial<Served> = {}, headers: Record<string, string> = {}): string {
  const { needs, render } = renderer(format, WRITER);
  const source = {
    requestHeader: (at: number) => headers[needs.requestHeaders[at] ?? ''],
    responseHeader: (at: number) => headers[`>${needs.responseHeaders[at]}`],
  };
  const base = { method: 'GET', url: '/', protocol: 'HTTP/1.1', client: '10.0.0.1', status: 200 };
  const lines = new Lines();
  render(Object.assign(new ServedFields(), base, source, change), lines);
  return lines.take().toString('latin1');
}

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

for (const [what, format, change, headers, expected] of [
  ['the method, as it came', '%m', { method: 'PURGE' }, {}, 'PURGE'],
  ['a path without its query', '%U', { url: '/a/b?c=d?e' }, {}, '/a/b'],
  ['a query with its mark', '%q', { url: '/a?c=d?e' }, {}, '?c=d?e'],
  ['no query is nothing', '<%q>', { url: '/a' }, {}, '<>'],
  ['a query that is empty has its mark', '%q', { url: '/a?' }, {}, '?'],
  ['no bytes are a dash in the common format', '%b', { bytes: 0 }, {}, '-'],
  ['no bytes are 0 where they are to be a number', '%B', { bytes: 0 }, {}, '0'],
  ['whole seconds are not rounded up', '%T', { took: 1_999 }, {}, '1'],
  ['microseconds', '%D', { took: 1.2345 }, {}, '1235'],
  ['who Basic authentication names, and never the password', '%u', {}, basic('joe:secret'), 'joe'],
  ['a name with a colon in the password', '%u', {}, basic('joe:a:b'), 'joe'],
  ['a user without a name is a dash', '%u', {}, basic(':secret'), '-'],
  ['no text of base64 is no user', '%u', {}, { authorization: 'Basic ***' }, '-'],
  ['another way to log in names nobody', '%u', {}, { authorization: 'Bearer am9l' }, '-'],
  ['a header that is not there is a dash', '%{X-A}i', {}, {}, '-'],
  ['a header that is empty is a dash', '%{X-A}i', {}, { 'x-a': '' }, '-'],
  ['a header of the answer', '%{X-B}o', {}, { '>x-b': '1' }, '1'],
  ['text between the fields stays', '[%m] %%', {}, {}, '[GET] %'],
] as const) {
  test(`${what}: ${format}`, (t) => {
    t.is(line(format, change, headers), `${expected}\n`);
  });
}

test('nothing that a client sends ends a line, a field, or steers a terminal', (t) => {
  const evil = '/\n10.0.0.2 "x" \\ \u001b[31m \u007f';
  const text = line('"%r" "%{User-Agent}i"', { url: evil }, { 'user-agent': 'a"b\r\nc' });
  t.is(text, '"GET /\\x0A10.0.0.2 \\x22x\\x22 \\x5C \\x1B[31m \\x7F HTTP/1.1" "a\\x22b\\x0D\\x0Ac"\n');
});

test('bytes of Latin-1 are written as the byte that came, other characters as those of UTF-8', (t) => {
  t.is(line('%U', { url: '/\u00e9' }), '/\\xE9\n');
  t.is(line('%U', { url: '/\u20ac' }), '/\\xE2\\x82\\xAC\n');
});

test('text of the format is written as it is, in UTF-8', (t) => {
  t.is(Buffer.from(line('\u00e9 \u2192 %m \ud83d\ude00'), 'latin1').toString(), '\u00e9 \u2192 GET \ud83d\ude00\n');
});

test('json is one line of ASCII that reads back as what was sent', (t) => {
  const url = '/\n"€\u2028';
  const text = line('json', { url, took: 12.34567, bytes: 5, at: 0 }, basic('joé:x'));
  t.regex(text, /^[\x20-\x7e]+\n$/);
  const { time, user, duration_ms, slot, generation, aborted, trace_id, referer, ...rest } = JSON.parse(text);
  t.is(rest.url, url);
  t.deepEqual([time, duration_ms, slot, generation], ['1970-01-01T00:00:00.000Z', 12.346, 3, 7]);
  t.deepEqual([aborted, trace_id, referer], [undefined, undefined, undefined], 'what is not there is left out');
  t.is(user, Buffer.from('joé').toString('latin1'));
});

test('only what a format names has to be found out', (t) => {
  const needs = (format: string) => renderer(format, WRITER).needs;
  t.like(needs('%m'), { trace: false, duration: false, requestHeaders: [], responseHeaders: [] });
  t.like(needs('%D %{a}i %{A}i %{b}o'), { trace: false, duration: true, responseHeaders: ['b'] });
  t.deepEqual(new Set(needs('%u %{a}i %{a}i').requestHeaders), new Set(['authorization', 'a']));
  t.true(needs('json').trace && needs('json').exactTime);
});

test('lines are there in a row, however long, and are forgotten when they are taken', (t) => {
  const lines = new Lines();
  const long = 'x'.repeat(40_000);
  for (const text of ['a', long, 'b']) {
    lines.safe(text);
    lines.plain('\n');
  }
  t.is(lines.take().toString(), `a\n${long}\nb\n`);
  lines.safe('\u20ac'.repeat(40_000));
  t.is(lines.take().toString(), '\\xE2\\x82\\xAC'.repeat(40_000));
  t.is(lines.take().length, 0);
});
