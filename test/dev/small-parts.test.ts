import { deflateSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { createBodyBudget } from '../../src/dev/body-budget.js';
import { readBuckets } from '../../src/dev/buckets.js';
import { FaultPlan } from '../../src/dev/faults.js';
import { isOurName } from '../../src/dev/host-header.js';
import { inflateWithin } from '../../src/dev/inflate.js';
import { countOf, shown, textOf } from '../../src/dev/text.js';
import { TextCache } from '../../src/dev/text-cache.js';
import { isHeavyJson } from '../../src/dev/weigh.js';

for (const [host, ours] of [
  ['localhost', true],
  ['LOCALHOST:4318', true],
  ['app.localhost:1', true],
  ['127.0.0.1:4318', true],
  ['[::1]:4318', true],
  ['10.1.2.3', true],
  ['my-machine:4318', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['notlocalhost', false],
  ['', false],
  [undefined, false],
] as const) {
  test(`a request for ${host} is ${ours ? '' : 'not '}for this machine`, (t) =>
    t.is(isOurName(host, 'my-machine'), ours));
}

test('a body is inflated up to its limit, and what is damaged or unknown says so', (t) => {
  const body = Buffer.from('x'.repeat(1_000));
  t.deepEqual(inflateWithin(gzipSync(body), 'GZIP', 1_000), { kind: 'inflated', body });
  t.is(inflateWithin(deflateSync(body), 'deflate', 1_000).kind, 'inflated');
  t.is(inflateWithin(gzipSync(Buffer.alloc(1e6)), 'gzip', 1_000).kind, 'too-large');
  t.is(inflateWithin(gzipSync(body).subarray(0, 20), 'gzip', 1_000).kind, 'damaged');
  t.is(inflateWithin(Buffer.alloc(0), 'gzip', 1_000).kind, 'damaged');
  for (const coding of ['br', 'constructor', '__proto__', ''])
    t.is(inflateWithin(body, coding, 9).kind, 'unknown', coding);
});

test('bodies of all requests together are bounded, and what is given back may be taken again', (t) => {
  const budget = createBodyBudget(10);
  t.true(budget.take(6));
  t.false(budget.take(5));
  t.true(budget.take(4));
  t.false(budget.take(1));
  budget.giveBack(6);
  t.true(budget.take(6));
  t.true(budget.take(0));
});

for (const [text, line] of [
  ['plain', 'plain'],
  ['one\ntwo', 'one'],
  ['one\u2028two', 'one'],
  ['\u001b[31mred', '\ufffd[31mred'],
  ['a\u202eb', 'a\ufffdb'],
  ['half \ud83d', 'half \ufffd'],
  ['😀'.repeat(300), `${'😀'.repeat(200)}…`],
  ['x'.repeat(200), 'x'.repeat(200)],
  ['x'.repeat(201), `${'x'.repeat(200)}…`],
  ['', ''],
] as const) {
  test(`what a sender wrote as a piece of one line: ${JSON.stringify(text.slice(0, 12))}, ${text.length}`, (t) =>
    t.is(shown(text), line));
}

test('a value as text is never by its own methods', (t) => {
  t.deepEqual([textOf(undefined), textOf(null), textOf(7n), textOf(false)], [undefined, undefined, '7', 'false']);
  t.deepEqual(
    [textOf(new Uint8Array(3)), textOf([1, 2]), textOf({ toString: 'x' })],
    ['3 bytes', '[2 values]', '{1 keys}'],
  );
});

test('a count is a whole number that fits a pid', (t) => {
  t.deepEqual([0, 5, '7', '0012'].map(countOf), [0, 5, 7, 12]);
  for (const none of [-1, 1.5, Number.NaN, 2 ** 32, '4294967296', '-1', '1e3', '', '12345678901', true, null, [1]]) {
    t.is(countOf(none as never), undefined, String(none));
  }
});

test('texts that come again are the same text, whatever stood in their place before, also those that are not ASCII', (t) => {
  const cache = new TextCache();
  const texts = Array.from({ length: 20_000 }, (_, i) => `key ${i}`);
  const all = ['', 'é', '€uro', '\0', 'x'.repeat(48), 'x'.repeat(49), ...texts];
  for (const round of [1, 2]) {
    const wrong = all.filter((text) => {
      const bytes = Buffer.from(`<${text}>`);
      return cache.read(bytes, 1, bytes.length - 1) !== text;
    });
    t.deepEqual(wrong, [], `round ${round}`);
  }
});

for (const [what, kind, point, expected] of [
  [
    'explicit bounds',
    'histogram',
    { bucketCounts: [1, 2, 3], explicitBounds: [5, 10] },
    { bounds: [5, 10], counts: [1, 2, 3] },
  ],
  ['one bucket for all', 'histogram', { bucketCounts: [4], explicitBounds: [] }, { bounds: [], counts: [4] }],
  ['a histogram without buckets', 'histogram', {}, undefined],
  ['a sum', 'sum', { bucketCounts: [1] }, undefined],
  [
    'an exponential scale',
    'exponentialHistogram',
    {
      scale: 0,
      zeroCount: 7,
      positive: { offset: 0, bucketCounts: [1, 2] },
      negative: { offset: 1, bucketCounts: [3] },
    },
    { bounds: [-4, -2, 1, 2, 4], counts: [0, 3, 7, 1, 2, 0] },
  ],
  ['about zero alone', 'exponentialHistogram', { scale: 3, zeroCount: 2 }, { bounds: [], counts: [2] }],
] as const) {
  test(`the buckets of a point: ${what}`, (t) => t.deepEqual(readBuckets(point, kind), expected as never));
}

test('buckets that do not fit their bounds, and a scale that no number can carry, are malformed', (t) => {
  t.throws(() => readBuckets({ bucketCounts: [1, 2], explicitBounds: [] }, 'histogram'), { message: /one more/ });
  for (const scale of [-11, 21, 1_000]) {
    t.throws(() => readBuckets({ scale, zeroCount: 0 }, 'exponentialHistogram'), { message: /out of range/ });
  }
});

test('faults hold for so many requests, or for each so many-th, and heal', (t) => {
  const plan = new FaultPlan();
  t.deepEqual(plan.next(), {});
  plan.faults = { silent: true, times: 2 };
  t.deepEqual([plan.next().silent, plan.next().silent, plan.next().silent], [true, true, undefined]);
  const each = new FaultPlan();
  each.faults = { reset: true, every: 3, times: 2 };
  t.deepEqual(
    Array.from({ length: 9 }, () => each.next().reset === true),
    [false, false, true, false, false, true, false, false, false],
  );
});

test('a request of JSON is heavy by what it would take decoded: braces count, those in texts do not', (t) => {
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  t.false(isHeavyJson(json({ a: '{'.repeat(100) }), 2_000));
  t.true(isHeavyJson(json({ a: Array(100).fill([]) }), 2_000));
  t.true(isHeavyJson(json('x'.repeat(2_000)), 2_000));
  t.false(isHeavyJson(Buffer.from('"\\"{{{{{{{{{{{"'), 500));
  t.false(isHeavyJson(Buffer.alloc(0), 0));
});
