import test from 'ava';
import type { StallReport } from '../../src/contract/stall.js';
import type { BlockedStack } from '../../src/supervisor/hang/blocked-stack.js';
import { createHangWatch } from '../../src/supervisor/hang/hang-watch.js';
import { VirtualClock } from '../core/clock.js';

const LIMIT = 30_000;
const FRAMES: BlockedStack = { kind: 'frames', frames: ['spin (/app/x.js:1:1)'] };

/** A clock that moves when it is told to, and workers that give signs of life when they are told to. */
function world({ stack = true, read = FRAMES }: { stack?: boolean; read?: BlockedStack } = {}) {
  const clock = new VirtualClock<number>();
  const timers = new Map<number, () => void>();
  const signs = new Map<number, { at: number; debugged: boolean }>();
  const stopped = new Set<number>();
  const reports: [number, StallReport][] = [];
  let next = 1;
  let wake: (() => void) | undefined;
  let reads = 0;
  const watch = createHangWatch({
    timeoutMs: LIMIT,
    stack,
    onReport: (id, report) => void reports.push([id, report]),
    ports: {
      now: () => clock.now,
      timer: (delay, callback) => {
        const id = next++;
        clock.arm(id, clock.now + delay);
        timers.set(id, callback);
        return () => clock.disarm(id);
      },
      signsOfLife: () => signs,
      isStopped: (pid) => stopped.has(pid),
      readStack: () => {
        reads += 1;
        return Promise.resolve(read);
      },
      onSilence: (_every, callback) => {
        wake = callback;
        return () => {
          wake = undefined;
        };
      },
    },
  });
  /** One second at a time, so that what was read comes in between. */
  const advance = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(1_000, (id) => timers.get(id)?.());
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    watch,
    stopped,
    reports,
    advance,
    beat: (pid: number, debugged = false) => void signs.set(pid, { at: clock.now, debugged }),
    wake: () => wake?.(),
    isWatching: () => wake !== undefined,
    armed: () => clock.armed.length,
    types: () => reports.map(([id, { type }]) => `${id} ${type}`),
    reads: () => reads,
  };
}

test('a silent worker is told with its stack, then as hung, within its timeout and a second', async (t) => {
  const { watch, beat, wake, advance, reports, types } = world();
  watch.watch(1, 101);
  watch.watch(2, 102);
  beat(101);
  beat(102);
  await advance(20_000);
  beat(102);
  wake();
  await advance(5_000);
  t.deepEqual(types(), ['1 stalled']);
  await advance(6_000);
  t.deepEqual(types(), ['1 stalled', '1 hung']);
  const [, hung] = reports[1]!;
  t.deepEqual(hung.frames, ['spin (/app/x.js:1:1)']);
  t.true(hung.ms >= LIMIT && hung.ms <= LIMIT + 1_000);
});

test('nothing is armed while all give signs of life, and none when the last has gone', async (t) => {
  const { watch, beat, wake, armed, isWatching } = world();
  t.false(isWatching());
  watch.watch(1, 101);
  beat(101);
  wake();
  t.is(armed(), 0);
  watch.forget(1);
  t.false(isWatching());
});

test('one that runs again is told so, and is looked at no more', async (t) => {
  const { watch, beat, wake, advance, types, armed } = world();
  watch.watch(1, 101);
  beat(101);
  await advance(20_000);
  wake();
  await advance(6_000);
  beat(101);
  await advance(2_000);
  t.deepEqual(types(), ['1 stalled', '1 recovered']);
  t.is(armed(), 0);
});

test('after a machine slept nobody is suspected at the first look', async (t) => {
  const { watch, beat, wake, advance, types, reads } = world();
  watch.watch(1, 101);
  beat(101);
  await advance(3_600_000);
  wake();
  beat(101);
  await advance(10_000);
  t.deepEqual(types(), []);
  t.is(reads(), 0);
});

test('a stopped process is not hung, and its count begins anew when it runs', async (t) => {
  const { watch, beat, wake, advance, types, stopped } = world();
  watch.watch(1, 101);
  beat(101);
  stopped.add(101);
  for (let looks = 0; looks < 20; looks++) {
    await advance(10_000);
    wake();
  }
  t.deepEqual(types(), []);
  stopped.delete(101);
  await advance(15_000);
  wake();
  await advance(12_000);
  t.deepEqual(types(), ['1 stalled']);
});

test('a worker that a debugger may stop is left alone', async (t) => {
  const said = world();
  said.watch.watch(1, 101);
  said.beat(101, true);
  await said.advance(40_000);
  said.wake();
  await said.advance(40_000);
  t.deepEqual(said.types(), []);
  const found = world({ read: { kind: 'debugged' } });
  found.watch.watch(1, 101);
  found.beat(101);
  await found.advance(20_000);
  found.wake();
  await found.advance(20_000);
  t.deepEqual(found.types(), []);
});

test('with no stack asked for none is read, and it is hung all the same', async (t) => {
  const { watch, beat, wake, advance, types, reads } = world({ stack: false });
  watch.watch(1, 101);
  beat(101);
  await advance(20_000);
  wake();
  await advance(11_000);
  t.deepEqual(types(), ['1 hung']);
  t.is(reads(), 0);
});
