import test from 'ava';
import { formatSize, parsePercent, parseSize } from '../../src/config/sizes.js';

test('sizes', (t) => {
  const cases = {
    '512b': 512,
    '1000000': 1_000_000,
    '200k': 204_800,
    '512MB': 536_870_912,
    '1.5GB': 1_610_612_736,
    '50 mb': 52_428_800,
  };
  for (const [text, bytes] of Object.entries(cases)) t.is(parseSize(text), bytes, text);
  for (const text of ['', '0', '-1', '5TB', 'much', '10', '512', '999999', '1.5', 300])
    t.is(parseSize(text), undefined, `${text}`);
  for (const text of ['512MB', '1GB', '200KB', '1000B', '1000001B']) t.is(formatSize(parseSize(text)!), text);
});

test('shares', (t) => {
  t.is(parsePercent('10%'), 0.1);
  t.is(parsePercent(25), 0.25);
  for (const text of ['101%', '-1%', 'some', '50']) t.is(parsePercent(text), undefined, text);
});
