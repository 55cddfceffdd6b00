import test from 'ava';
import fc from 'fast-check';
import { formatDuration, parseBackoff, parseDuration } from '../../src/config/durations.js';

test('units', (t) => {
  const forms = ['500ms', '5s', '2m', '1h', '1.5s', '250ms', '0', 0, '0.0', ' 5s '];
  t.deepEqual(forms.map(parseDuration), [500, 5000, 120_000, 3_600_000, 1500, 250, 0, 0, 0, 5000]);
});

test('what is no duration', (t) => {
  for (const text of [
    '',
    '3',
    '250',
    3,
    30_000,
    -0.5,
    Number.NaN,
    's',
    '-5s',
    '5 sec',
    '1m30s',
    '5S',
    'Infinity',
    '1e3',
    '25d',
    '2147483648',
    '600h',
  ]) {
    t.is(parseDuration(text), undefined, String(text));
  }
});

test('what is shown reads back as the same', (t) => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  t.is(formatDuration(90_000), '90s');
  t.is(formatDuration(120_000), '2m');
});

test('backoff is a range that does not fall', (t) => {
  t.deepEqual(parseBackoff('100ms..30s'), { initialMs: 100, maxMs: 30_000 });
  t.deepEqual(parseBackoff('1s..1s'), { initialMs: 1000, maxMs: 1000 });
  for (const text of ['100ms', '30s..1s', '1s..2s..3s', '..', 'a..b']) t.is(parseBackoff(text), undefined, text);
});
