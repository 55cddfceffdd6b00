import net from 'node:net';
import test from 'ava';
import type { ReadySign } from '../../src/contract/messages.js';
import { watchReady } from '../../src/worker/boot/ready-gate.js';

/** A gate, with what makes a server listen and what it has said. */
function gate(how: Parameters<typeof watchReady>[0]) {
  const listeners: ((server: net.Server) => void)[] = [];
  const said: ReadySign[] = [];
  const servers = { onListening: (callback: (server: net.Server) => void) => void listeners.push(callback) };
  const ready = watchReady(how, servers, {
    ready: (by) => void said.push(by),
    settled: () => undefined,
  });
  const listen = () => {
    for (const callback of listeners) callback(net.createServer());
  };
  return { ready, said, listen };
}

test('a server makes a worker ready once, however many listen; one before the app is none of its own', (t) => {
  const { ready, said, listen } = gate('listening');
  listen();
  t.deepEqual(said, []);
  ready.booted();
  listen();
  listen();
  t.deepEqual(said, ['listening']);
});

test('what is at work holds readiness back, also where it fails, and until the last of it has ended', async (t) => {
  const { ready, said, listen } = gate('listening');
  const works: { resolve(): void; reject(error: Error): void }[] = [];
  for (let i = 0; i < 2; i++) ready.await(new Promise<void>((resolve, reject) => void works.push({ resolve, reject })));
  ready.booted();
  listen();
  works[0]?.reject(new Error('boom'));
  await new Promise(setImmediate);
  t.deepEqual(said, []);
  works[1]?.resolve();
  await new Promise(setImmediate);
  t.deepEqual(said, ['listening']);
});

test('a boot that is to count as started does when the app is loaded, and not before', async (t) => {
  const { ready, said, listen } = gate('started');
  ready.booted();
  listen();
  t.deepEqual(said, []);
  await new Promise(setImmediate);
  t.deepEqual(said, ['started']);
});

test('without a server, and before the app, nobody is taken for portless; nor who has said it is ready', async (t) => {
  const { ready, said } = gate('auto');
  t.false(ready.portless(), 'the app is to come yet');
  ready.booted();
  ready.await(new Promise(() => undefined));
  t.false(ready.portless(), 'a hook is at work');
  const other = gate('listening');
  other.ready.booted();
  t.false(other.ready.portless(), 'it is to listen');
  t.deepEqual([said, other.said], [[], []]);
});

test.serial('the message ready is heard on its way out, and still goes there; another one is not', (t) => {
  const { send } = process;
  t.teardown(() => {
    if (send) process.send = send;
  });
  const sent: unknown[] = [];
  process.send = (message: unknown) => sent.push(message) > 0;
  const { said } = gate('message');
  process.send('hello');
  t.deepEqual(said, []);
  t.true(process.send('ready'));
  process.send('ready');
  t.deepEqual(said, ['message']);
  t.deepEqual(sent, ['hello', 'ready', 'ready']);
});
