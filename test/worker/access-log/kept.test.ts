import test from 'ava';
import { commonLogTime } from '../../../src/worker/access-log/clock.js';
import { Kept } from '../../../src/worker/access-log/kept.js';
import { type Served, ServedFields } from '../../../src/worker/access-log/served.js';

const NEEDS = {
  ...{ trace: true, duration: true, exactTime: true },
  ...{ requestHeaders: ['host', 'a'], responseHeaders: ['b'] },
};
const request = (change: Partial<Served>, headers: Record<string, string> = {}): Served =>
  Object.assign(new ServedFields(), { requestHeader: (n: string) => headers[n], responseHeader: () => 'r' }, change);

test('what is kept is what it was when it was kept, with the headers that are needed and no others', (t) => {
  const kept = new Kept(NEEDS);
  const trace = { traceId: '1', spanId: '2' };
  const served = {
    ...{ method: 'GET', url: '/a', status: 404, bytes: 7 },
    ...{ aborted: true, trace, took: 5, at: 9 },
  };
  kept.keep(request(served, { host: 'h', cookie: 'secret' }));
  t.like(kept, served);
  t.deepEqual(
    ['host', 'a', 'cookie'].map((name) => kept.requestHeader(name)),
    ['h', undefined, undefined],
  );
  t.is(kept.responseHeader('b'), 'r');
  t.is(kept.responseHeader('other'), undefined);
});

test('filled anew it has nothing of the request before, and released nothing of any', (t) => {
  const kept = new Kept(NEEDS);
  kept.keep(request({ url: '/a', trace: { traceId: '1', spanId: '2' } }, { host: 'h', a: '1' }));
  kept.keep(request({ url: '/b' }, { host: 'i' }));
  t.deepEqual([kept.url, kept.trace, kept.requestHeader('a')], ['/b', undefined, undefined]);
  kept.release();
  t.deepEqual([kept.url, kept.requestHeader('host'), kept.responseHeader('b')], ['', undefined, undefined]);
});

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
