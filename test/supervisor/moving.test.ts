import test from 'ava';
import type { PrimaryMessage } from '../../src/contract/messages.js';
import { createMoving } from '../../src/supervisor/connection-moves.js';
import type { ProcessTable } from '../../src/supervisor/process-table.js';
import { ScriptedPorts } from './scripted-ports.js';

const PLACE = 'http 0.0.0.0 80';
const connection = { place: PLACE, requests: 1 };

/** The moves of a primary, with what it sent and a way to make handles of which the close is known. */
function moving() {
  const ports = new ScriptedPorts();
  const sent: [number, PrimaryMessage][] = [];
  const lost: (() => void)[] = [];
  /** What of the channels does not take a message any more. */
  const broken = new Set<number>();
  const send: ProcessTable['send'] = (id, message, onSent) => {
    if (!broken.has(id)) sent.push([id, message]);
    if (onSent) process.nextTick(onSent, !broken.has(id));
  };
  /** Whose process is forgotten. */
  const ended = new Set<number>();
  const moves = createMoving(
    {
      send,
      pid: (id) => (ended.has(id) ? undefined : id),
      sendHandle: (id, message, _handle, onLost) => {
        if (broken.has(id)) return false;
        send(id, message);
        lost.push(onLost);
        return true;
      },
    },
    ports.timer,
  );
  const handle = () => {
    const one = { closed: 0, close: () => void one.closed++ };
    return one;
  };
  const of = (id: number) => sent.filter(([to]) => to === id).map(([, message]) => message.type);
  return { ports, moves, sent, broken, ended, lost, handle, of };
}

const turn = () => new Promise(setImmediate);

test('a connection goes to the successor with room, whose word settles it, and its copy here is closed', async (t) => {
  const { moves, sent, handle, of } = moving();
  moves.leave(1, [{ id: 2, generation: 2 } as never]);
  t.deepEqual(of(2), ['ask-room']);
  moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  const one = handle();
  moves.take(1, { type: 'move', move: 1, connection }, one);
  await turn();
  t.deepEqual(of(1), ['held']);
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
  await turn();
  t.deepEqual(sent, [
    [1, { type: 'held', moves: [1, 2] }],
    [1, { type: 'kept', moves: [1, 2] }],
  ]);
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
  t.deepEqual(of(1), ['held']);
  ports.advance(500);
  await turn();
  t.deepEqual(of(1), ['held', 'kept']);
});

test('a move without its descriptor is no move: its worker asks, and hears that it was kept', async (t) => {
  const { moves, sent, of } = moving();
  moves.leave(1, []);
  moves.take(1, { type: 'move', move: 1, connection }, undefined);
  await turn();
  t.deepEqual(of(1), []);
  moves.take(1, { type: 'moves-sent', upTo: 1 }, undefined);
  await turn();
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

/** Worker 1 has offered one connection, worker 2 has room for it, and no receipt can be sent to worker 1. */
async function withoutReceipt() {
  const all = moving();
  all.moves.leave(1, [{ id: 2, generation: 2 } as never]);
  all.moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  all.broken.add(1);
  const one = all.handle();
  all.moves.take(1, { type: 'move', move: 1, connection }, one);
  await turn();
  return { ...all, one };
}

test('a connection of which its worker cannot be sent a receipt is that worker’s: its copy is closed, nobody else gets it', async (t) => {
  const { ports, of, one } = await withoutReceipt();
  t.is(one.closed, 0, 'the worker may have ended');
  ports.advance(1_000);
  t.is(one.closed, 1);
  t.deepEqual(of(2), ['ask-room']);
});

test('it goes to another one when its worker turns out to have ended, which leaves no timer', async (t) => {
  const { moves, ports, of, one } = await withoutReceipt();
  moves.gone(1);
  t.deepEqual(of(2), ['ask-room', 'take']);
  moves.take(2, { type: 'taken', passes: [1] }, undefined);
  t.is(one.closed, 1);
  t.is(ports.clock.armed.length, 1, 'the question to worker 2 only');
});

test('an end that is known before the word about a receipt gives the connection on, once', async (t) => {
  const { moves, broken, handle, of } = moving();
  moves.leave(1, [{ id: 2, generation: 2 } as never]);
  moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  moves.take(1, { type: 'move', move: 1, connection }, handle());
  broken.add(1);
  moves.gone(1);
  await turn();
  await turn();
  t.deepEqual(of(2), ['ask-room', 'take']);
});

test('a channel that breaks without an end of its worker: who waits for its word gets one; an end in time changes nothing', async (t) => {
  const { moves, ports, sent, handle } = moving();
  moves.leave(1, [{ id: 2, generation: 2 } as never]);
  moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  const one = handle();
  moves.take(1, { type: 'move', move: 1, connection }, one);
  await turn();
  moves.cut(2);
  ports.advance(200);
  await turn();
  t.is(sent.at(-1)?.[1].type, 'take', 'it may be about to end');
  ports.advance(50);
  await turn();
  t.deepEqual(sent.at(-1), [1, { type: 'moved', moves: [1] }]);
  t.is(one.closed, 0, 'should it have refused it');
  moves.gone(2);
  t.is(one.closed, 1);
});

test('an offer that is read behind the end of its worker goes on, without a receipt', async (t) => {
  const { moves, ended, ports, handle, of } = moving();
  moves.leave(1, [{ id: 2, generation: 2 } as never]);
  moves.take(2, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  moves.gone(1);
  ended.add(1);
  moves.take(1, { type: 'move', move: 1, connection }, handle());
  await turn();
  t.deepEqual([of(1), of(2)], [[], ['ask-room', 'take']]);
  t.is(ports.clock.armed.length, 1, 'the question to worker 2 only');
});

test('a question behind offers waits for their receipt', async (t) => {
  const { moves, of, sent, handle } = moving();
  moves.leave(1, []);
  moves.take(1, { type: 'move', move: 2, connection }, handle());
  moves.take(1, { type: 'moves-sent', upTo: 3 }, undefined);
  await turn();
  await turn();
  t.deepEqual(of(1), ['held', 'kept']);
  t.deepEqual(sent.at(-1), [1, { type: 'kept', moves: [1, 2, 3] }]);
});

test('a successor that cannot be reached is passed over at once: another one takes the connection, or nobody does', async (t) => {
  const { moves, broken, handle, of } = moving();
  moves.leave(1, [{ id: 2, generation: 2 } as never, { id: 3, generation: 1 } as never]);
  for (const id of [2, 3]) moves.take(id, { type: 'room', places: { [PLACE]: 0 } }, undefined);
  broken.add(2);
  moves.take(1, { type: 'move', move: 1, connection }, handle());
  await turn();
  t.deepEqual([of(2), of(3)], [['ask-room'], ['ask-room', 'take']]);
  broken.add(3);
  moves.take(1, { type: 'move', move: 2, connection }, handle());
  await turn();
  await turn();
  t.deepEqual(of(1), ['held', 'held', 'kept']);
});
