import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { hadWork, monitorLoopDelay } from '../../src/worker/hang/loop-delay.js';

/** Stands for a request that takes the loop for itself, in milliseconds. */
function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('what a loop is late is seen from the first request on', async (t) => {
  let onRequest: (() => void) | undefined;
  const delay = monitorLoopDelay((callback) => {
    onRequest = callback;
  });
  t.is(delay.p99(), 0);
  onRequest?.();
  while (delay.p99() < 200) {
    block(300);
    await setImmediate();
  }
  delay.reset();
  t.is(delay.p99(), 0);
});

test('a loop without requests has work when it takes the processor, or when the look itself comes late', (t) => {
  t.false(hadWork(5_000, 10), 'heartbeats, and the look');
  t.true(hadWork(5_000, 51));
  t.true(hadWork(5_100, 0), 'something holds it up that takes no processor');
});
