import test from 'ava';
import { watchCrashLoops } from '../../src/supervisor/lifecycle-spans/crash-loop-span.js';
import type { SpanDraft } from '../../src/supervisor/lifecycle-spans/span-draft.js';

/** What is drafted, on a clock that the test sets. */
function crashLoops(failedStderr = '') {
  const drafts: SpanDraft[] = [];
  const clock = { now: 0 };
  const loops = watchCrashLoops({ now: () => clock.now, failedStderr: () => failedStderr }, (draft) =>
    drafts.push(draft),
  );
  return { loops, drafts, clock };
}

const slotFailed = (slot: number, restarts: number) =>
  ({ type: 'slot-failed', slot, restarts, window: 60_000, retry: 0 }) as const;

test('a slot that is given up has a span from the first of the ends that led to it, and not from one before', (t) => {
  const { loops, drafts, clock } = crashLoops('Error: no database\n    at boot (/app.js:1:1)\n');
  for (const at of [100, 5_000, 6_000, 7_000]) loops.ended({ slot: 1, at });
  loops.ended({ slot: 0, at: 50 });
  clock.now = 7_500;
  loops.take(slotFailed(1, 2));
  const [draft] = drafts;
  t.like(draft, { name: 'kf.crash_loop', start: 5_000, end: 7_500 });
  t.like(draft?.attributes, {
    'kf.crash_loop.scope': 'slot',
    'kf.worker.slot': 1,
    'kf.crash_loop.restarts': 2,
    'kf.crash_loop.window_ms': 60_000,
  });
  t.not(draft?.error, undefined);
  t.is(draft?.events?.length, 1, 'with the error of the worker that failed last');
});

test('a cluster of which no worker ever became ready has one from its first fork', (t) => {
  const { loops, drafts, clock } = crashLoops();
  clock.now = 10;
  loops.take({ type: 'worker-starting', slot: 0, id: 1, generation: 1 });
  clock.now = 20;
  loops.take({ type: 'worker-starting', slot: 0, id: 2, generation: 1 });
  clock.now = 900;
  loops.take({ type: 'never-ready', forks: 6 });
  t.like(drafts[0], { start: 10, end: 900 });
  t.like(drafts[0]?.attributes, { 'kf.crash_loop.scope': 'cluster', 'kf.crash_loop.forks': 6 });
  t.deepEqual(drafts[0]?.events, [], 'nothing was written to stderr');
});

test('a cluster all of whose slots are given up has one from the earliest end of them', (t) => {
  const { loops, drafts, clock } = crashLoops();
  loops.ended({ slot: 0, at: 300 });
  loops.ended({ slot: 1, at: 200 });
  loops.ended({ slot: 1, at: 400 });
  clock.now = 500;
  loops.take({ type: 'crash-loop' });
  t.like(drafts[0], { start: 200, end: 500 });
});

test('what the code before a reload did is not held against the new one', (t) => {
  const { loops, drafts, clock } = crashLoops();
  loops.ended({ slot: 0, at: 100 });
  loops.take({ type: 'reload-done', generation: 2, ms: 1 });
  loops.ended({ slot: 0, at: 800 });
  clock.now = 900;
  loops.take(slotFailed(0, 5));
  loops.take({ type: 'crash-loop' });
  t.deepEqual(
    drafts.map(({ start }) => start),
    [800, 800],
  );
});

test('where no end is known the span begins where it ends, and other news begins none', (t) => {
  const { loops, drafts, clock } = crashLoops();
  clock.now = 70;
  loops.take({ type: 'all-ready', workers: 2 } as never);
  t.deepEqual(drafts, []);
  loops.take({ type: 'crash-loop' });
  t.like(drafts[0], { start: 70, end: 70 });
});
