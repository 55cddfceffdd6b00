import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { BUILD } from '../../src/contract/build-id.js';
import { privateDir } from '../helpers/cluster.js';
import { freeExit, heldExit, noteHost } from './hosted-worker.js';
import { workerBoot } from './worker-boot.js';

// The whole life of one worker in this process, from its first message to its exit: each test goes on where the one before
// has ended. What a worker patches is the process's.

const exited = heldExit();
const { bootWorker } = await import('../../src/worker/boot/boot-worker.js');
const { addHooks, onPostFork } = await import('../../hooks/app-hooks.js');
const primary = noteHost();
const { order, sent, last } = primary;
const seen: string[] = [];
Object.assign(globalThis, { kfSeen: seen });
const server = http.createServer((_request, response) => response.end('ok'));
/** On a connection of its own: one that stays would be waited for. */
const get = (port: number) => fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
test.after.always(freeExit);

const turn = () => new Promise(setImmediate);

test.serial(
  'a worker says what it is first, runs postFork of its hook files in their order, and then lets the app in',
  async (t) => {
    const dir = privateDir(t);
    const files = ['a', 'b'].map((name) => {
      const file = join(dir, `${name}.mjs`);
      const hook = (event: string) =>
        `export const ${event} = (worker) => void kfSeen.push('${name} ${event} ' + worker.slot);`;
      writeFileSync(file, `${hook('postFork')}\n${hook('onWorkerReady')}\n${hook('preShutdown')}\n`);
      return file;
    });
    const boot = workerBoot({ slot: 3, hookFiles: files, ready: 'listening', evenly: false, drainTimeoutMs: 1_000 });
    await bootWorker(boot, primary.host);
    t.deepEqual(sent, [{ type: 'booting', build: BUILD, node: process.version }]);
    t.deepEqual(seen, ['a postFork 3', 'b postFork 3']);
    t.deepEqual(order, ['booting', 'let go']);
  },
);

test.serial('it is not ready while a postFork of the app is at work, although a server listens', async (t) => {
  let finish: () => void = () => undefined;
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const added = onPostFork(() => work);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await turn();
  t.is(last('ready'), undefined);
  finish();
  await added;
  await primary.until('ready');
  t.like(last('ready'), { how: 'listening' });
});

test.serial('who hears that it is ready finds it watched, and its onWorkerReady hooks have run', async (t) => {
  t.true(order.indexOf('watched') >= 0 && order.indexOf('watched') < order.indexOf('ready'));
  await turn();
  t.deepEqual(seen.slice(2), ['a onWorkerReady 3', 'b onWorkerReady 3']);
});

test.serial(
  'what the primary asks is answered: figures with the requests that were served, that it lives, its room',
  async (t) => {
    const { port } = server.address() as AddressInfo;
    for (let i = 0; i < 3; i++) await (await get(port)).text();
    primary.say({ type: 'stats', request: 9 });
    t.like(last('stats'), { request: 9, answer: { requests: 3, inFlight: 0 } });
    const { rss = 0, cpuSeconds = 0 } = last('stats')?.answer ?? {};
    t.true(rss > 10e6 && cpuSeconds > 0);
    primary.say({ type: 'ask-alive' });
    t.like(last('alive'), { debugged: false });
    primary.say({ type: 'ask-room' });
    t.truthy(last('room'));
    primary.say({ type: 'ask-portless' });
    t.truthy(last('holds-server'), 'it holds one');
  },
);

test.serial('a reader of its output that has gone does not end it; what else is wrong with that stream does', (t) => {
  const failed = (code: string) => Object.assign(new Error(code), { code });
  t.notThrows(() => process.stdout.emit('error', failed('EPIPE')));
  t.notThrows(() => process.stderr.emit('error', failed('ECONNRESET')));
  t.throws(() => process.stdout.emit('error', failed('ENOSPC')), { message: 'ENOSPC' });
  const heard: unknown[] = [];
  const listener = (error: unknown) => void heard.push(error);
  process.stdout.on('error', listener);
  process.stdout.emit('error', failed('EPIPE'));
  process.stdout.off('error', listener);
  t.is(heard.length, 1, 'the app hears it as it would without us');
});

test.serial(
  'a stop: it says so, answers what it has begun, runs the app handlers and the hooks, and accounts for itself',
  async (t) => {
    await addHooks({ preShutdown: (_worker, { reason }) => void seen.push(`app preShutdown ${reason}`) });
    const { port } = server.address() as AddressInfo;
    let answer: () => void = () => undefined;
    server.removeAllListeners('request');
    server.on('request', (_request, response) => {
      answer = () => response.end('late');
    });
    const arrived = once(server, 'request');
    const late = get(port).then((response) => response.text());
    await arrived;
    primary.say({ type: 'stop', reason: 'reload', drainMs: 1_000, flushMs: 100, move: false });
    await primary.until('stopping');
    t.like(last('stopping'), { reason: 'reload' });
    await turn();
    t.false(order.includes('app handlers'), 'its own shutdown code would break the request');
    process.exitCode = 3;
    answer();
    t.is(await late, 'late');
    t.is(await exited, 3, 'with the code of the app');
    process.exitCode = undefined;
    t.false(server.listening);
    const hooks = seen.filter((one) => one.includes('preShutdown'));
    t.deepEqual(hooks, ['app preShutdown reload', 'b preShutdown 3', 'a preShutdown 3'], 'the last registered first');
    t.like(last('flushed'), { requests: 4, connections: { moved: 0 } });
    t.deepEqual(order.slice(order.indexOf('stopping')), ['stopping', 'app handlers', 'flushed', 'all sent']);
  },
);

test.serial('a reason that comes behind the first one changes nothing any more', (t) => {
  const before = sent.length;
  primary.signal();
  primary.say({ type: 'lifecycle', upTo: 1, spans: [] });
  t.is(sent.length, before);
});
