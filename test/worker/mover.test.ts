import test from 'ava';
import type { WorkerMessage } from '../../src/contract/messages.js';
import { createMover } from '../../src/worker/moving/mover.js';

const handle = { readStart: () => 0, readStop: () => 0, close: () => undefined };
const connection = { place: 'http :: 80', requests: 1 };

/** A mover whose messages are kept. */
function moving() {
  const sent: WorkerMessage[] = [];
  const lost: (() => void)[] = [];
  const mover = createMover({
    send: (message) => sent.push(message),
    sendHandle: (message, _handle, onLost) => {
      sent.push(message);
      lost.push(onLost);
    },
  });
  const verdicts: string[] = [];
  const offer = (count: number) => {
    for (let i = 0; i < count; i++) mover.send(handle, connection, (verdict) => verdicts.push(verdict));
  };
  return { mover, sent, lost, verdicts, offer };
}

test('each offer has a number of its own, and its verdict comes once', (t) => {
  const { mover, sent, verdicts, offer } = moving();
  offer(3);
  t.deepEqual(
    sent.map((message) => message.type === 'move' && message.move),
    [1, 2, 3],
  );
  mover.settle([2], 'moved');
  mover.settle([1, 2], 'kept');
  t.deepEqual(verdicts, ['moved', 'kept'], 'the second word about move 2 is none');
  mover.settle([99], 'moved');
  t.is(verdicts.length, 2);
});

test('when too many are on their way no more may be sent, until enough places are free to be worth a look', (t) => {
  const { mover, offer } = moving();
  let looks = 0;
  offer(mover.free());
  t.is(mover.free(), 0);
  mover.onFree(() => looks++);
  mover.settle([1], 'moved');
  t.deepEqual([mover.free(), looks], [0, 0], 'one place is not worth a look');
  mover.settle(
    Array.from({ length: 63 }, (_, i) => i + 2),
    'moved',
  );
  t.deepEqual([mover.free(), looks], [64, 1]);
  mover.settle([100], 'kept');
  t.is(looks, 1, 'who waits is called once');
});

test('when the primary is gone, what it holds is lost and the rest stays here; nothing may be sent, however many places are free', (t) => {
  const { mover, verdicts, offer } = moving();
  offer(4);
  mover.held([1, 2, 99]);
  mover.settle([2], 'kept');
  mover.end();
  t.deepEqual(verdicts, ['kept', 'lost', 'kept', 'kept'], 'move 2 came back before');
  t.is(mover.free(), 0);
  mover.settle([1], 'moved');
  t.is(verdicts.length, 4);
});

test('a descriptor that did not arrive has the primary asked about all that were sent', (t) => {
  const { sent, lost, offer } = moving();
  offer(2);
  lost[0]?.();
  t.deepEqual(sent.at(-1), { type: 'moves-sent', upTo: 2 });
});
