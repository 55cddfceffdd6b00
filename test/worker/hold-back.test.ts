import test from 'ava';
import type { Standing } from '../../src/contract/connection-table.js';
import { HoldBack } from '../../src/worker/servers/hold-back.js';

/** A worker with so many connections among others that stand as the test says. */
function worker(open: number, peers: readonly Partial<Standing>[] = []) {
  const state = { open, isListening: true, reading: true, cleared: false };
  const written: Standing[] = [];
  const others = peers.map((peer): Standing => ({ open: 0, accepted: 0, holding: 0, ...peer }));
  const reads: string[] = [];
  const holdBack = new HoldBack(
    {
      readStart: () => {
        state.reading = true;
        reads.push('start');
        return 0;
      },
      readStop: () => {
        state.reading = false;
        reads.push('stop');
        return 0;
      },
      hasRef: () => false,
    },
    {
      write: (standing) => written.push(standing),
      clear: () => {
        state.cleared = true;
      },
      peers: () => others,
    },
    { open: () => state.open, isListening: () => state.isListening },
  );
  const last = () => written.at(-1);
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { state, others, written, reads, last, until, holdBack };
}

test('from the first moment it stands in the table, and each connection moves its number', (t) => {
  const { holdBack, state, written } = worker(0);
  state.open = 1;
  holdBack.opened();
  t.deepEqual(
    written.map(({ open, accepted, holding }) => [open, accepted, holding]),
    [
      [0, 0, 0],
      [1, 1, 0],
    ],
  );
  holdBack.end();
});

test('one that is not ahead accepts on, and so does one whose peers cannot take the next', (t) => {
  for (const peers of [[{ open: 9 }], [{ open: 0, holding: 50 }], []]) {
    const { holdBack, state } = worker(10, peers);
    holdBack.opened();
    t.true(state.reading, JSON.stringify(peers));
    holdBack.end();
  }
});

test('one that is ahead leaves the next connection to who is behind, and says so', (t) => {
  const { holdBack, state, last } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  t.false(state.reading);
  t.true((last()?.holding ?? 0) > 0);
  holdBack.end();
});

test('it takes part again when the others have caught up', async (t) => {
  const { holdBack, state, others, until } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  others.splice(0, 1, { open: 10, accepted: 10, holding: 0 });
  await until(() => state.reading);
  t.is(state.reading, true);
  holdBack.end();
});

test('it takes part again when so many of its own have closed', (t) => {
  const { holdBack, state } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  state.open = 1;
  holdBack.closed(0);
  t.true(state.reading);
  holdBack.end();
});

test('while the others accept nothing it polls the queue, and takes what everybody has left', async (t) => {
  const { holdBack, state, reads, until } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  await until(() => reads.filter((one) => one === 'start').length >= 3);
  t.true(reads.filter((one) => one === 'stop').length >= 3, 'and holds back again behind each look');
  holdBack.end();
  t.true(state.reading);
});

test('others that do not take part at all are left alone for a while: it takes whatever comes', async (t) => {
  const { holdBack, state, until } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  // Each poll finds one that everybody has left.
  const feeding = setInterval(() => {
    if (state.reading) holdBack.opened();
  }, 0);
  t.teardown(() => clearInterval(feeding));
  let held = 0;
  await until(() => {
    held = state.reading ? held + 1 : 0;
    return held > 20;
  });
  t.true(state.reading);
  holdBack.end();
});

test('at its end it takes part for good, leaves the table, and hears nothing any more', (t) => {
  const { holdBack, state, written } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  holdBack.end();
  t.true(state.reading);
  t.true(state.cleared);
  const count = written.length;
  holdBack.opened();
  holdBack.closed(0);
  holdBack.end();
  t.is(written.length, count);
});

test('a server that has stopped listening is not touched again', async (t) => {
  const { holdBack, state, reads, until } = worker(10, [{ open: 0 }]);
  holdBack.opened();
  state.isListening = false;
  await until(() => state.cleared);
  t.deepEqual(reads, ['stop']);
  const closing = worker(3);
  closing.state.isListening = false;
  closing.holdBack.closed(0);
  t.true(closing.state.cleared);
});

test('where connections come and go the table is written now and then, and nobody holds back', async (t) => {
  const { holdBack, state, written, until } = worker(4, [{ open: 0 }]);
  for (let i = 0; i < 100; i++) {
    const at = holdBack.opened();
    holdBack.closed(at);
  }
  t.true(state.reading);
  const count = written.length;
  t.true(count < 60, String(count));
  await until(() => written.length > count);
  holdBack.end();
});
