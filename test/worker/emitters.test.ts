import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import test from 'ava';
import { observe, observeOnce, patchEmitters } from '../../src/worker/node-internals/emitters.js';

class Special extends EventEmitter {}

test('an observer hears an event in front of the listeners, and is none of them', (t) => {
  const emitter = new Special();
  const heard: unknown[] = [];
  emitter.on('event', (...args) => heard.push(['listener', ...args]));
  observe(emitter, 'event', (...args: unknown[]) => void heard.push(['observer', ...args]));
  t.true(emitter.emit('event', 1, 2));
  t.deepEqual(heard, [
    ['observer', 1, 2],
    ['listener', 1, 2],
  ]);
  t.is(emitter.listenerCount('event'), 1);
  t.deepEqual(emitter.eventNames(), ['event']);
  emitter.removeAllListeners();
  t.false(emitter.emit('event'));
  t.is(heard.length, 3);
  t.deepEqual(Object.keys(emitter), Object.keys(new Special()));
});

test('one that returns true keeps the event, and an emitter beside it hears nothing', (t) => {
  const [emitter, other] = [new Special(), new Special()];
  let heard = 0;
  for (const one of [emitter, other]) one.on('event', () => (heard += 1));
  const end = observe(emitter, 'event', () => true);
  t.true(emitter.emit('event'));
  t.is(heard, 0);
  other.emit('event');
  t.is(heard, 1);
  end();
  end();
  emitter.emit('event');
  t.is(heard, 2);
});

test('one that ends itself does not take the next one its turn', (t) => {
  const emitter = new Special();
  const heard: string[] = [];
  observeOnce(emitter, 'event', () => heard.push('once'));
  observe(emitter, 'event', () => void heard.push('always'));
  emitter.emit('event');
  emitter.emit('event');
  t.deepEqual(heard, ['once', 'always', 'always']);
});

test('an emitter with an emit of its own, put in front before us, is heard once; so is one that gets it later', (t) => {
  class Odd extends EventEmitter {}
  for (const when of ['before', 'after']) {
    const emitter = new Odd();
    let heard = 0;
    const hear = () => {
      heard += 1;
    };
    const put = () => {
      const { emit } = emitter;
      emitter.emit = (event: string | symbol, ...args: unknown[]) => Reflect.apply(emit, emitter, [event, ...args]);
    };
    if (when === 'before') put();
    observe(emitter, 'event', hear);
    if (when === 'after') put();
    observe(emitter, 'event', hear);
    emitter.emit('event');
    t.is(heard, 2, when);
  }
});

test('a plain EventEmitter is observed without a change to all others', (t) => {
  const { emit } = EventEmitter.prototype;
  const emitter = new EventEmitter();
  observe(emitter, 'event', () => true);
  t.is(EventEmitter.prototype.emit, emit);
  t.true(emitter.emit('event'));
  t.false(new EventEmitter().emit('event'));
});

test('Node emits through what is patched: connections, their close, and the end of a server', async (t) => {
  patchEmitters();
  const server = net.createServer((socket) => socket.end());
  const heard: string[] = [];
  for (const event of ['listening', 'connection', 'close']) observe(server, event, () => void heard.push(event));
  const closed = new Promise<void>((resolve) => {
    observe(server, 'connection', (socket: net.Socket) => void observe(socket, 'close', () => resolve()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').resume();
  await once(client, 'close');
  server.close();
  await once(server, 'close');
  await closed;
  t.deepEqual(heard, ['listening', 'connection', 'close']);
});
