import test from 'ava';
import type { PrimaryMessage } from '../../src/contract/messages.js';
import { createPasses } from '../../src/supervisor/passes.js';

function setUp() {
  const timers = new Map<number, () => void>();
  const asked: string[] = [];
  const sent: number[] = [];
  let next = 1;
  const timer = (_delay: number, callback: () => void) => {
    const number = next++;
    timers.set(number, callback);
    return () => void timers.delete(number);
  };
  const processes = {
    send: (worker: number, message: PrimaryMessage) => {
      asked.push(`${worker}: ${message.type === 'passes-sent' ? message.passes.join(' ') : message.type}`);
    },
    sendHandle: (_worker: number, message: PrimaryMessage) => {
      if (message.type === 'take') sent.push(message.pass);
      return true;
    },
  };
  const passes = createPasses(processes, timer);
  const connection = { place: 'http 0.0.0.0 80', requests: 0 };
  const handle = { close: () => undefined };
  return {
    asked,
    sent,
    timers,
    passes,
    send: (pass: number, to: number) => passes.send(pass, to, connection, handle),
    elapse: () => {
      const due = [...timers.values()];
      timers.clear();
      for (const callback of due) callback();
    },
  };
}

test('a worker that leaves a pass without an answer is asked about it, until it answers', (t) => {
  const { send, elapse, asked, passes, sent, timers } = setUp();
  send(1, 7);
  send(2, 7);
  t.deepEqual(sent, [1, 2]);
  elapse();
  t.deepEqual(asked, ['7: 1 2']);
  passes.answered(7, [1]);
  elapse();
  t.deepEqual(asked, ['7: 1 2', '7: 2']);
  passes.answered(7, [2]);
  elapse();
  t.is(asked.length, 2);
  t.is(timers.size, 0, 'nothing runs at rest');
});

test('nobody asks one that is gone', (t) => {
  const { send, elapse, asked, passes, timers } = setUp();
  send(1, 7);
  passes.gone(7);
  t.is(timers.size, 0);
  elapse();
  t.deepEqual(asked, []);
});
