import test from 'ava';
import fc from 'fast-check';
import { Delays } from '../../src/worker/hang/delays.js';

test('the delay at each rank is that of all those seen, sorted, within a tenth of a millisecond or a hundredth', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 50 }),
      (seen) => {
        const delays = new Delays();
        for (const delay of seen) delays.add(delay);
        const sorted = [...seen].sort((a, b) => a - b);
        return sorted.every((delay, index) => {
          const found = delays.atRank(index + 1);
          return found <= delay + 1e-6 && delay - found <= Math.max(0.1, delay / 100) + 1e-6;
        });
      },
    ),
  );
  t.pass();
});

test('a timer that came early was not late, one of a suspended machine counts as an hour, and cleared is cleared', (t) => {
  const delays = new Delays();
  delays.add(-3);
  t.is(delays.atRank(1), 0);
  delays.add(86_400_000);
  t.true(delays.atRank(2) > 3_560_000 && delays.atRank(2) <= 3_600_000);
  t.is(delays.count, 2);
  delays.clear();
  t.is(delays.count, 0);
  delays.add(5);
  t.is(delays.atRank(1), 5);
});
