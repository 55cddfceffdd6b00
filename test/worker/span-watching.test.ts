import test from 'ava';
import type { WorkerMessage } from '../../src/contract/messages.js';
import type { SpanLook, SpanSource } from '../../src/contract/watched-span.js';
import { createSpanWatching } from '../../src/worker/boot/span-watching.js';

type Watched = Extract<WorkerMessage, { type: 'watched' }>;
const HOUR = 3_600_000;

/** What watches spans, over a source that says what the test says. */
function watching(hasSource = true) {
  const sent: Watched[] = [];
  const looks: { stopped: number; changed(): void; filter: unknown }[] = [];
  const source: SpanSource = (filter, changed) => {
    const one = { stopped: 0, changed, filter };
    looks.push(one);
    const look: SpanLook = { seen: () => ({ spans: [], seen: 7, fate: 'open' }), stop: () => void one.stopped++ };
    return look;
  };
  const spans = createSpanWatching(
    { send: (message) => void (message.type === 'watched' && sent.push(message)) },
    () => (hasSource ? source : undefined),
  );
  return { spans, sent, looks };
}

test('who asks before the boot is over is answered when it is, and once', (t) => {
  const { spans, sent, looks } = watching();
  spans.watch({ watch: 1, ms: HOUR });
  spans.watch({ watch: 1, ms: HOUR });
  t.deepEqual([sent.length, looks.length], [0, 0]);
  spans.letIn();
  spans.letIn();
  t.deepEqual(
    sent.map(({ watch, seen }) => [watch, seen]),
    [[1, 0]],
  );
  t.is(looks.length, 1);
});

test('a worker that lets nobody look says at once that it is blind, and that this is its last word', (t) => {
  const { spans, sent } = watching(false);
  spans.letIn();
  spans.watch({ watch: 4, ms: HOUR });
  t.deepEqual(sent, [{ type: 'watched', watch: 4, spans: [], seen: 0, fate: 'open', last: true, blind: true }]);
});

test('changes of one moment are one report, and the end is the last', async (t) => {
  const { spans, sent, looks } = watching();
  spans.letIn();
  spans.watch({ watch: 1, ms: HOUR, traceId: 'abc' });
  t.deepEqual(looks[0]?.filter, { traceId: 'abc' });
  for (let i = 0; i < 5; i++) looks[0]?.changed();
  while (sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  spans.end();
  t.deepEqual(
    sent.map(({ seen, last }) => [seen, last]),
    [
      [0, undefined],
      [7, undefined],
      [7, true],
    ],
  );
  t.is(looks[0]?.stopped, 1);
  looks[0]?.changed();
  spans.end();
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.is(sent.length, 3, "a change behind the end is nobody's");
});

test('its time being over ends a watch, and another goes on', async (t) => {
  const { spans, sent, looks } = watching();
  spans.letIn();
  spans.watch({ watch: 1, ms: 5 });
  spans.watch({ watch: 2, ms: HOUR });
  while (!sent.some(({ last }) => last)) await new Promise((resolve) => setTimeout(resolve, 5));
  t.deepEqual(
    looks.map(({ stopped }) => stopped),
    [1, 0],
  );
  spans.end();
});
