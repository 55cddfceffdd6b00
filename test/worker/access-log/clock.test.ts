import test from 'ava';
import { commonLogTime } from '../../../src/worker/access-log/clock.js';

test('the time of the common log is local, whole to the second, and follows a clock that is set back', (t) => {
  const time = commonLogTime();
  const at = Date.UTC(2026, 1, 3, 4, 5, 6, 999);
  const zone = -new Date(at).getTimezoneOffset();
  const sign = zone < 0 ? '-' : '+';
  const offset = `${sign}${String(Math.floor(Math.abs(zone) / 60)).padStart(2, '0')}${String(Math.abs(zone) % 60).padStart(2, '0')}`;
  const first = time(at);
  t.regex(first, /^\[\d\d\/Feb\/2026:\d\d:\d\d:06 [+-]\d{4}\]$/);
  t.true(first.endsWith(`${offset}]`));
  t.is(time(at - 999), first);
  t.regex(time(at + 1), /:07 /);
  t.regex(time(at - 86_400_000), /:06 /);
});
