import test from 'ava';
import { whenOf } from '../../src/cli/logs-command.js';
import { KfError } from '../../src/contract/errors.js';

const NOW = Date.UTC(2026, 10, 27, 12);

test('--since takes a time ago or a date', (t) => {
  t.is(whenOf('5m', NOW), NOW - 300_000);
  t.is(whenOf('24h', NOW), NOW - 86_400_000);
  t.is(whenOf('0', NOW), NOW);
  t.is(whenOf('2026-11-27T11:00:00Z', NOW), NOW - 3_600_000);
  t.is(whenOf('2026', NOW), Date.UTC(2026, 0));
});

// Date.parse makes the year 2001 of 5, 1950 of 50, and nothing of the rest.
for (const given of ['5', ' 50 ', '101', '1d', '5x', 'yesterday', '', '-5m', '1900-01-01']) {
  test(`--since ${JSON.stringify(given)} is refused, with what is expected`, (t) => {
    const { code, why } = t.throws(() => whenOf(given, NOW), { instanceOf: KfError });
    t.is(code, 'BAD_FLAG');
    t.is(why, 'expected a duration such as 5m, or a date');
  });
}
