import test from 'ava';

import type { LifecycleSpan } from '../../src/contract/lifecycle-span.js';
import type { PrimaryMessage } from '../../src/contract/messages.js';
import { errorIn } from '../../src/supervisor/lifecycle-spans/error-text.js';
import { createLifecycleSpans } from '../../src/supervisor/lifecycle-spans/lifecycle-spans.js';

/** A chronicle whose clock stands still, and what its workers were told. */
function lifecycleSpans(candidates: number[]) {
  const sent: { id: number; upTo: number; names: string[]; spans: readonly LifecycleSpan[] }[] = [];
  let overflows = 0;
  const made = createLifecycleSpans({
    now: () => 1_000,
    roll: Math.random,
    pid: (id) => 100 + id,
    stderrTail: () => '',
    failedStderr: () => '',
    candidates: () => candidates,
    send: (id: number, message: PrimaryMessage) => {
      if (message.type !== 'lifecycle') return;
      const { upTo, spans } = message;
      sent.push({ id, upTo, names: spans.map(({ name }) => name), spans });
    },
    onOverflow: () => {
      overflows += 1;
    },
  });
  const crash = (at: number) => {
    const exit = { slot: 0, pid: 101, generation: 1, code: 1, signal: null, reason: 'crash', at } as const;
    made.ended(1, { ...exit, stall: undefined });
  };
  return { lifecycleSpans: made, sent, crash, overflows: () => overflows };
}

test('what nobody can take waits for the next worker that is ready, and goes in one message', (t) => {
  const candidates: number[] = [];
  const { lifecycleSpans: life, sent, crash } = lifecycleSpans(candidates);
  crash(10);
  crash(20);
  t.deepEqual(sent, []);
  t.is(life.rest().length, 2);
  candidates.push(3);
  life.take({ type: 'worker-ready', slot: 0, id: 3, generation: 1, ms: 1 });
  t.is(sent.length, 1);
  t.like(sent[0], { id: 3, upTo: 2, names: ['kf.worker.exit', 'kf.worker.exit'] });
  life.recorded(3, 2);
  t.deepEqual(life.rest(), []);
});

test('a worker that ends before it has put a span on record is not the only one told; the span keeps its ids', (t) => {
  const candidates = [7, 5];
  const { lifecycleSpans: life, sent, crash } = lifecycleSpans(candidates);
  crash(10);
  life.recorded(7, 1);
  crash(20);
  life.recorded(5, 2); // was not told
  candidates.shift();
  life.exited(7);
  t.deepEqual(
    sent.map(({ id, upTo }) => [id, upTo]),
    [
      [7, 1],
      [7, 2],
      [5, 2],
    ],
  );
  t.deepEqual(sent[1]?.spans, sent[2]?.spans);
  life.exited(5);
  t.is(life.rest().length, 1, 'left for the flush process');
});

test('a crash loop that never ends keeps the latest of its ends, and says once that it forgets', (t) => {
  const { lifecycleSpans: life, crash, overflows } = lifecycleSpans([]);
  for (let at = 1; at <= 600; at += 1) crash(at);
  t.is(life.rest().length, 500);
  t.is(life.rest()[0]?.start, 101);
  t.is(overflows(), 1);
});

test('of stderr only the last error is kept, with its stack', (t) => {
  t.is(errorIn('GET /login token=abc\n'), undefined);
  const stderrTail =
    'token=abc\n/app.js:3\n  throw x\n  ^\n\nTypeError: no\n    at f (/app.js:3:1)\n\nNode.js v20\ntoken=def';
  t.is(errorIn(stderrTail), 'TypeError: no\n    at f (/app.js:3:1)');
  t.is(
    errorIn('error HOOK_FAILED: postFork failed\n  why: x\n  fix: y\n'),
    'error HOOK_FAILED: postFork failed\n  why: x\n  fix: y',
  );
});
