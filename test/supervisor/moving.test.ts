import test from 'ava';
import type { PrimaryMessage } from '../../src/contract/messages.js';
import { createMoving } from '../../src/supervisor/connection-moves.js';
import { ScriptedPorts } from './scripted-ports.js';

const PLACE = 'http 0.0.0.0 80';
const connection = { place: PLACE, requests: 1 };

/** The moves of a primary, with what it sent and a way to make handles of which the close is known. */
function moving() {
  const ports = new ScriptedPorts();
  const sent: [number, PrimaryMessage][] = [];
  const lost: (() => void)[] = [];
  const send = (id: number, message: PrimaryMessage) => void sent.push([id, message]);
  const moves = createMoving(
    {
      send,
      sendHandle: (id, message, _handle, onLost) => {
        send(id, message);
        lost.push(onLost);
      },
    },
    ports.timer,
  );
  const handle = () => {
    const one = { closed: 0, close: () => void one.closed++ };
    return one;
  };
  const of = (id: number) => sent.filter(([to]) => to === id).map(([, message]) => message.type);
  return { ports, moves, sent, lost, handle, of };
}

const turn = () => new Promise(setImmediate);

test('a connection goes to the successor with room, whose word settles it, and its copy here is closed', async (t) => {
  const { moves, sent, handle, of } = moving();
  moves.leave(1, [{ id: 2, generation: 2 } as never]);
  t.deepEqual(of(2), ['ask-room']);
  moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  const one = handle();
  moves.take(1, { type: 'move', move: 1, connection }, one);
  t.deepEqual(of(2), ['ask-room', 'take']);
  t.is(one.closed, 0);
  moves.take(2, { type: 'taken', passes: [1] }, undefined);
  await turn();
  t.is(one.closed, 1);
  t.deepEqual(sent.at(-1), [1, { type: 'moved', moves: [1] }]);
});

test('where nobody takes it, it is kept, and all of one turn are one message', async (t) => {
  const { moves, sent, handle } = moving();
  moves.leave(1, []);
  const handles = [handle(), handle()];
  handles.forEach((one, i) => {
    moves.take(1, { type: 'move', move: i + 1, connection }, one);
  });
  await turn();
  t.deepEqual(sent, [[1, { type: 'kept', moves: [1, 2] }]]);
  t.deepEqual(
    handles.map(({ closed }) => closed),
    [1, 1],
  );
});

test('a successor that does not say what room it has is not waited for', async (t) => {
  const { moves, ports, handle, of } = moving();
  moves.leave(1, [{ id: 2 } as never]);
  moves.take(1, { type: 'move', move: 1, connection }, handle());
  await turn();
  t.deepEqual(of(1), []);
  ports.advance(500);
  await turn();
  t.deepEqual(of(1), ['kept']);
});

test('a move without its descriptor is no move: its worker asks, and hears that it was kept', async (t) => {
  const { moves, sent, of } = moving();
  moves.leave(1, []);
  moves.take(1, { type: 'move', move: 1, connection }, undefined);
  await turn();
  t.deepEqual(of(1), []);
  moves.take(1, { type: 'moves-sent', upTo: 1 }, undefined);
  await turn();
  t.deepEqual(sent, [[1, { type: 'kept', moves: [1] }]]);
});

test('the end of a worker leaves no timer of it behind, and closes what was on its way', async (t) => {
  const { moves, ports, handle } = moving();
  moves.leave(1, [{ id: 2 } as never]);
  moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  const one = handle();
  moves.take(1, { type: 'move', move: 1, connection }, one);
  moves.gone(2);
  moves.gone(1);
  await turn();
  t.deepEqual(ports.clock.armed, []);
  t.is(one.closed, 1);
});
