import test from 'ava';
import type { Mark } from '../../../src/dev/page-api.js';
import type { SupervisorEvent } from '../../../src/dev/supervisor-events.js';
import { createEndedWorkers } from '../../../src/dev/views/ended-workers.js';
import { createHangs } from '../../../src/dev/views/hangs.js';
import { createNow, type Now } from '../../../src/dev/views/now.js';
import { createOutages } from '../../../src/dev/views/outages.js';
import { createReloadLog } from '../../../src/dev/views/reload-log.js';
import { makeRequest, makeSession } from '../../helpers/page.js';

const { store } = makeSession();
const originOf = (slot: number, pid = 100 + slot) => {
  const { resource } = makeRequest({ slot });
  return store.origins.of({ ...resource, attributes: { ...resource.attributes, 'process.pid': pid } });
};
/** What a view has marked, and the phases that it has set. */
function board() {
  const marks: Mark[] = [];
  const phases: (readonly [number, string, number])[] = [];
  const now = {
    mark: (mark: Mark) => void marks.push(mark),
    phase: (worker: { slot: number }, phase: string, at: number) => void phases.push([worker.slot, phase, at]),
  } as unknown as Now;
  return { now, marks, phases };
}
const stall = (
  type: 'stalled' | 'hung' | 'recovered',
  at: number,
  ms: number,
  frames: readonly string[] = ['spin (a.js:1:1)'],
) => ({ type: 'stall', at, slot: 1, generation: 2, pid: 7, stall: { type, ms, frames, why: 'no inspector' } }) as const;

test('a hang begins when the loop was blocked and not when that was seen; hung is the same hang', (t) => {
  const { now, marks, phases } = board();
  const hangs = createHangs(now);
  hangs.add(stall('stalled', 10_000, 4_000));
  hangs.add(stall('hung', 12_000, 6_000));
  hangs.add(stall('recovered', 15_000, 7_000));
  t.deepEqual(phases, [
    [1, 'hung', 6_000],
    [1, 'ready', 13_000],
  ]);
  t.deepEqual(
    marks.map(({ kind, at }) => [kind, at]),
    [
      ['hang', 6_000],
      ['recovered', 13_000],
    ],
  );
  const waited: unknown[] = [];
  const [one, ...others] = hangs.read(
    (worker, from, to) => {
      waited.push([worker.pid, from, to]);
      return ['GET /pay'];
    },
    () => false,
  );
  t.deepEqual(others, []);
  t.like(one, { at: 6_000, until: 13_000, killed: false, stack: 'spin (a.js:1:1)', waiting: ['GET /pay'] });
  t.deepEqual(waited, [[7, 6_000, 13_000]]);
});

test('a hang without a stack says why; one that is open yet waits until now; its worker ends it', (t) => {
  const { now } = board();
  const hangs = createHangs(now);
  hangs.add(stall('hung', 10_000, 4_000, []));
  const read = () =>
    hangs.read(
      (_, __, to) => [String(to)],
      (pid) => pid === 7,
    )[0];
  t.is(read()?.stack, 'no inspector');
  t.is(read()?.until, undefined);
  t.true(Number(read()?.waiting[0]) >= Date.now() - 60_000);
  t.true(read()?.killed, 'it has ended without an account');
  hangs.ended(undefined, 1);
  hangs.ended(8, 1);
  hangs.ended(7, 11_000);
  t.is(read()?.until, 11_000);
  hangs.add(stall('recovered', 12_000, 1_000));
  t.is(read()?.until, 11_000, 'a report that comes late changes nothing of it');
});

test('the latest fifty hangs are kept', (t) => {
  const hangs = createHangs(board().now);
  for (let at = 0; at < 60; at++) {
    hangs.add(stall('stalled', at * 10_000 + 5_000, 1_000));
    hangs.add(stall('recovered', at * 10_000 + 6_000, 2_000));
  }
  const all = hangs.read(
    () => [],
    () => false,
  );
  t.deepEqual([all.length, all[0]?.at], [50, 104_000]);
});

test('a worker that has sent its account is accounted for, whichever came first, its exit or the account', (t) => {
  const ended = createEndedWorkers();
  ended.accounted(1);
  ended.exited({ slot: 0, pid: 1 });
  ended.exited({ slot: 1, pid: 2 });
  t.true(ended.isUnaccounted(2));
  ended.accounted(2);
  ended.exited({ slot: 2, pid: 3 });
  ended.exited({ slot: 3 });
  t.deepEqual([1, 2, 3, 4, undefined].map(ended.isUnaccounted), [false, false, true, false, false]);
  t.deepEqual(ended.unaccounted(), [{ slot: 2, pid: 3 }]);
  for (let pid = 10; pid < 600; pid++) ended.accounted(pid);
  t.false(ended.isUnaccounted(3), 'the oldest are forgotten');
});

test('an outage is three seconds in which nothing was taken while spans waited, from when it began', (t) => {
  const { now, marks } = board();
  const watch = createOutages(now);
  const look = (at: number, held: number, exported: number) => watch(at, { ended: 0, exported, held, dropped: [] });
  look(0, 0, 10);
  look(1_000, 5, 12);
  look(2_000, 5, 12);
  look(4_999, 9, 12);
  t.deepEqual(marks, []);
  look(5_000, 9, 12);
  look(9_000, 20, 12);
  look(10_000, 20, 13);
  look(11_000, 20, 14);
  look(12_000, 20, 14);
  look(13_000, 0, 14);
  t.deepEqual(
    marks.map(({ kind, at }) => [kind, at]),
    [
      ['outage', 2_000],
      ['recovered', 10_000],
    ],
  );
});

test('a reload has one end: what fails is rolled back, one that cannot go back has failed, and later words are not of it', (t) => {
  const log = createReloadLog();
  const add = (type: string, at: number) =>
    log.add({
      type: 'notification',
      at,
      level: 'info',
      text: `${type} ${at}`,
      notification: { type },
    } as unknown as Extract<SupervisorEvent, { type: 'notification' }>);
  add('reload-done', 1);
  t.deepEqual(log.all(), [], 'nothing has begun');
  for (const [at, type] of ['reload-started', 'worker-ready', 'worker-ready', 'reload-done', 'worker-exit'].entries())
    add(type, at);
  for (const [at, type] of [
    'reload-started',
    'worker-exit',
    'reload-failed',
    'rollback-stuck',
    'rollback-done',
  ].entries())
    add(type, 10 + at);
  t.deepEqual(log.all(), [
    { at: 0, outcome: 'done', text: 'reload-done 3', took: 3, canary: 'worker-ready 1' },
    { at: 10, outcome: 'rolled-back', text: 'rollback-done 14', took: 4, canary: 'worker-exit 11' },
  ]);
  const [first] = log.all();
  Object.assign(first ?? {}, { text: 'changed' });
  t.is(log.all()[0]?.text, 'reload-done 3', 'what was given out is a copy');
  for (let at = 20; at < 90; at++) add('reload-started', at);
  t.is(log.all().length, 50);
});

test('five minutes of requests: those of a clock that is ahead or behind are left out, percentiles are of their second', (t) => {
  let clock = 1_000;
  const now = createNow(() => clock);
  const request = (second: number, ms: number, slot: number) =>
    now.addSpan(
      makeRequest({
        startNs: BigInt(second) * 1_000_000_000n - BigInt(ms) * 1_000_000n,
        endNs: BigInt(second) * 1_000_000_000n,
      }),
      originOf(slot),
    );
  for (const second of [700, 701, 1_000, 1_005, 1_006]) request(second, 10, 0);
  request(1_000, 100, 1);
  now.sample(1, 3.21, Number.NaN);
  const [first, second] = now.read().lanes;
  t.deepEqual(
    [first?.requests[0], first?.requests.at(-1), first?.requests.reduce((sum, one) => sum + one, 0)],
    [1, 1, 2],
  );
  t.true(Math.abs((second?.p95.at(-1) ?? 0) - 100) < 10);
  t.deepEqual([second?.loopDelay.at(-1), second?.memory.at(-1)], [3.21, null]);
  clock = 1_005;
  t.is(now.read().lanes[0]?.requests.at(-1), 1, 'it was of five seconds later, and is shown then');
  now.mark({ at: 700_000, kind: 'reload', text: '' });
  now.mark({ at: 800_000, kind: 'reload', text: '' });
  t.is(now.read().marks.length, 1);
});
