import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { UnorderedSet } from '../../src/core/unordered-set.js';
import type { Mover } from '../../src/worker/moving/mover.js';
import { MovingServer } from '../../src/worker/moving/moving-server.js';

type Offer = Parameters<Mover['send']>;

/** A server whose connections are moved by a mover that does what the test says. */
async function moving(t: ExecutionContext, clients: number, places = 100) {
  const server = http.createServer((request, response) => {
    if (request.url !== '/wait') response.end('ok');
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new UnorderedSet<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const open = async () => {
    const accepted = once(server, 'connection');
    const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    t.teardown(() => client.destroy());
    const [socket] = (await accepted) as [net.Socket];
    return { client, socket };
  };
  const pairs = [];
  for (let i = 0; i < clients; i++) pairs.push(await open());
  const offers: Offer[] = [];
  const kept: net.Socket[] = [];
  const waiting: (() => void)[] = [];
  const state = { places };
  const mover: Mover = {
    free: () => state.places - offers.length,
    send: (...offer) => offers.push(offer),
    onFree: (callback) => void waiting.push(callback),
    held: () => undefined,
    settle: () => undefined,
    end: () => undefined,
  };
  const made = new MovingServer(server, 'here', { sockets, mover, onKept: (socket) => kept.push(socket) });
  t.teardown(() => made.end());
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise(setImmediate);
  };
  return { made, offers, kept, waiting, state, pairs, until, server };
}

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

test('each clean connection is offered once, with where it was accepted; a fresh one has no idle time', async (t) => {
  const { made, offers, pairs, until } = await moving(t, 2);
  await until(() => offers.length === 2);
  t.deepEqual(offers[0]?.[1], { place: 'here', requests: 0 });
  made.look();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.is(offers.length, 2);
  t.is(made.moved(), 0);
  t.true(pairs.every(({ socket }) => made.moves(socket)));
});

test('one that another worker has taken ends here without a word to its client', async (t) => {
  const { made, offers, pairs, until } = await moving(t, 1);
  await until(() => offers.length === 1);
  const [{ client, socket } = pairs[0]!] = pairs;
  const closed = once(socket, 'close');
  offers[0]?.[2]('moved');
  await closed;
  t.is(made.moved(), 1);
  t.is(made.whyNot(socket), undefined);
  client.destroy();
});

test('at the end of this process what is on its way is let go without a word to its client, and a verdict comes too late', async (t) => {
  const { made, offers, kept, pairs, until } = await moving(t, 1);
  await until(() => offers.length === 1);
  const { client, socket } = pairs[0]!;
  let ended = false;
  client.on('end', () => {
    ended = true;
  });
  const { fd } = Reflect.get(socket, '_handle') as { fd: number };
  const other = spawn('sh', ['-c', 'read word; echo "$word" >&3'], { stdio: ['pipe', 'ignore', 'inherit', fd] });
  await once(other, 'spawn');
  made.letGo();
  await once(socket, 'close');
  offers[0]?.[2]('kept');
  t.deepEqual([kept, made.moved()], [[], 0]);
  const answer = once(client, 'data');
  other.stdin?.end('served by another one\n');
  t.is(String((await answer)[0]), 'served by another one\n');
  t.false(ended, 'nothing was said before');
});

test('one that nobody takes is read again, answers, and is drained here', async (t) => {
  const { made, offers, kept, pairs, until } = await moving(t, 1);
  await until(() => offers.length === 1);
  const { client, socket } = pairs[0]!;
  client.write(GET);
  const answered = once(client, 'data');
  offers[0]?.[2]('kept');
  t.deepEqual([kept, made.moves(socket), made.whyNot(socket)], [[socket], false, 'nobody-takes-it']);
  t.regex(String((await answered)[0]), /200 OK/);
  t.is(made.moved(), 0);
});

test('one with a request in flight is not offered before its answer is out', async (t) => {
  const { made, offers, pairs, until, server } = await moving(t, 0);
  t.is(pairs.length, 0);
  const accepted = once(server, 'connection');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  t.teardown(() => client.destroy());
  const response = once(server, 'request') as Promise<[http.IncomingMessage, http.ServerResponse]>;
  client.write(GET.replace('/', '/wait'));
  const [socket] = (await accepted) as [net.Socket];
  const [, answer] = await response;
  made.look();
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  t.deepEqual([offers.length, made.moves(socket)], [0, true]);
  client.resume();
  answer.end('late');
  await until(() => {
    made.look();
    return offers.length === 1;
  });
  t.true((offers[0]?.[1].idleLeft ?? 0) > 50_000);
});

test('no more are offered than there are places; the look goes on where it had to stop', async (t) => {
  const { offers, waiting, state, until } = await moving(t, 5, 2);
  await until(() => waiting.length > 0);
  t.is(offers.length, 2);
  state.places = 100;
  for (const callback of waiting.splice(0)) callback();
  await until(() => offers.length === 5);
  t.is(new Set(offers.map(([handle]) => handle)).size, 5);
});

test('when nobody takes connections any more all that are here are kept, and one on its way may still come back', async (t) => {
  const { made, offers, kept, state, until } = await moving(t, 3, 1);
  await until(() => offers.length === 1);
  made.giveUp();
  t.is(kept.length, 2);
  state.places = 0;
  offers[0]?.[2]('kept');
  t.is(kept.length, 3);
});
