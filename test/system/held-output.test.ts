import test from 'ava';
import { holdOutput } from '../../src/system/held-output.js';
import { LogProblems } from '../../src/system/log-problems.js';
import { VirtualClock } from '../core/clock.js';

/** A target that takes what the test lets it take. */
function holding() {
  const clock = new VirtualClock<number>();
  const callbacks = new Map<number, () => void>();
  let timers = 0;
  const target = { text: '', takes: Number.POSITIVE_INFINITY, error: undefined as string | undefined };
  const errors: string[] = [];
  const written: number[] = [];
  const held = holdOutput({
    put: (bytes) => {
      if (target.error !== undefined) throw Object.assign(new Error(target.error), { code: target.error });
      const taken = Math.min(bytes.length, target.takes);
      if (taken === 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
      target.takes -= taken;
      target.text += bytes.subarray(0, taken).toString();
      return taken;
    },
    gap: (lines) => `<${lines} missing>\n`,
    onError: ({ message }) => errors.push(message),
    onWritten: (dropped) => written.push(dropped),
    timer: (delay, callback) => {
      const id = timers++;
      clock.arm(id, clock.now + delay);
      callbacks.set(id, callback);
      return () => clock.disarm(id);
    },
  });
  const advance = (ms: number) => clock.advance(ms, (id) => callbacks.get(id)?.());
  return { held, target, errors, written, clock, advance };
}

test('what is taken is written at once, and nothing waits', (t) => {
  const { held, target, clock, written } = holding();
  held.write('a\n');
  held.write(Buffer.from('b\n'));
  t.deepEqual([target.text, held.waiting(), clock.armed], ['a\nb\n', '', []]);
  held.retry();
  t.deepEqual(written, []);
});

test('a target that is busy gets the rest later, in order, without a word of it', (t) => {
  const { held, target, errors, written, advance } = holding();
  target.takes = 3;
  held.write('one\n');
  held.write('two\n');
  t.deepEqual([target.text, held.waiting()], ['one', '\ntwo\n']);
  target.takes = 100;
  advance(20);
  t.deepEqual([target.text, held.waiting(), errors, written], ['one\ntwo\n', '', [], [0]]);
});

test('a busy one is asked at longer and longer intervals, twice a second at the least', (t) => {
  const { held, target, advance, clock } = holding();
  target.takes = 0;
  held.write('a\n');
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const [next = 0] = clock.armed;
    const wait = clock.due(next) - clock.now;
    times.push(wait);
    advance(wait);
  }
  t.deepEqual(times, [20, 40, 80, 160, 320, 500, 500, 500]);
});

test('one that fails says so each time, and is tried again after a second', (t) => {
  const { held, target, errors, advance } = holding();
  target.error = 'ENOSPC';
  held.write('a\n');
  advance(999);
  t.deepEqual(errors, ['ENOSPC']);
  advance(1);
  t.deepEqual(errors, ['ENOSPC', 'ENOSPC']);
  target.error = undefined;
  advance(1_000);
  t.is(target.text, 'a\n');
});

test('a mebibyte waits; what is more is dropped, counted, and stands as missing where it was', (t) => {
  const { held, target, written } = holding();
  target.error = 'EIO';
  const line = `${'x'.repeat(1_023)}\n`;
  for (let i = 0; i < 2_000; i++) held.write(line);
  const { lines, bytes } = held.dropped();
  t.is(held.waiting().length + bytes, 2_000 * 1_024);
  t.true(held.waiting().length <= 1_048_576 && held.waiting().length > 900_000);
  target.error = undefined;
  held.retry();
  t.true(target.text.endsWith(`\n<${lines} missing>\n`));
  t.deepEqual(written, [lines]);
  held.write('next\n');
  t.true(target.text.endsWith('next\n'));
});

test('a line that was cut by the failure ends before the notice', (t) => {
  const { held, target } = holding();
  target.takes = 2;
  held.write('abc');
  target.error = 'EIO';
  held.write('x'.repeat(2_000_000));
  target.error = undefined;
  target.takes = Number.POSITIVE_INFINITY;
  held.retry();
  t.is(target.text, 'abc\n<1 missing>\n');
});

test('what is wrong is reported once until it changes, and again a minute later', (t) => {
  const reported: string[] = [];
  const clock = { now: 0 };
  const problems = new LogProblems({ path: '/l', onProblem: (one) => reported.push(one), now: () => clock.now });
  t.is(problems.now(), undefined);
  for (let i = 0; i < 3; i++) problems.cannotWrite(new Error('full'));
  problems.set('place', 'gone');
  t.is(reported.length, 2);
  t.is(problems.now(), 'cannot write /l: full', 'what keeps it from being written counts more');
  problems.clear('writing');
  t.is(problems.now(), 'gone');
  problems.clear('place');
  problems.mended();
  problems.set('place', 'gone');
  t.is(reported.length, 2, 'off and on');
  clock.now = 60_001;
  problems.mended();
  problems.set('place', 'gone');
  t.is(reported.length, 3);
});
