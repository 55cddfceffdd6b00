import { once } from 'node:events';
import http, { type RequestListener, type ServerResponse } from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { trackServers } from '../../src/worker/servers/track-servers.js';
import { workerBoot } from './worker-boot.js';

// One worker's servers, for one test after the other: what is patched is the process's.
const servers = trackServers(workerBoot({ evenly: false, keepAliveTimeoutMs: 60_000 }));
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const LATE = 60_000;

async function serve(t: ExecutionContext, answer: RequestListener = (_request, response) => response.end('ok')) {
  const server = http.createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    if (server.listening) server.close();
  });
  const open = async () => {
    const accepted = once(server, 'connection');
    const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    await accepted;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    return { socket, text: () => text, closed: new Promise((resolve) => socket.once('close', resolve)) };
  };
  return { server, open };
}

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise(setImmediate);
};

test.serial(
  'a server is tracked from its listen to its close, with the timeouts that are wanted, and counts',
  async (t) => {
    const heard: net.Server[] = [];
    servers.onListening((server) => heard.push(server));
    const [before, accepted] = [servers.requests(), servers.accepted()];
    const { server, open } = await serve(t);
    t.deepEqual([heard, server.keepAliveTimeout], [[server], 60_000]);
    const { socket, text } = await open();
    t.deepEqual(servers.open(), { connections: 1, inFlight: 0 });
    servers.onRequest(before + 2, () => heard.push(server));
    socket.write(GET + GET);
    await until(() => text().split('ok').length === 3);
    t.deepEqual([servers.requests() - before, servers.accepted() - accepted, heard.length], [2, 1, 2]);
    socket.destroy();
    server.close();
    await once(server, 'close');
    t.deepEqual([servers.tracked().size, servers.open()], [0, { connections: 0, inFlight: 0 }]);
  },
);

test.serial('a server that listens again is tracked again', async (t) => {
  const { server } = await serve(t);
  server.close();
  await once(server, 'close');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.true(servers.tracked().has(server));
  t.is(servers.listening().length, 1);
});

// One drain of all, as a worker has one: each server stands for another kind of app.

const waiting: ServerResponse[] = [];
const streams: ServerResponse[] = [];

test.serial('a drain takes all servers out of service at once, and knows what is left of each kind', async (t) => {
  const busy = await serve(t, (_request, response) => void waiting.push(response));
  const plain = await serve(t);
  const streaming = await serve(t, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: 1\n\n');
    streams.push(response);
  });
  const slow = await serve(t, (_request, response) => void response.write('half'));
  const upgrading = await serve(t);
  upgrading.server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 x\r\n\r\n'));
  const closing = await serve(t);
  const clients = {
    ...{ busy: await busy.open(), idle: await plain.open(), fresh: await plain.open(), waits: await plain.open() },
    ...{ stream: await streaming.open(), half: await slow.open(), upgraded: await upgrading.open() },
  };
  for (const client of Object.values(clients).filter((one) => one !== clients.fresh && one !== clients.upgraded))
    client.socket.write(GET);
  clients.upgraded.socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  const { idle, waits, stream, half, upgraded } = clients;
  await until(() => waiting.length === 1 && [idle, waits].every(({ text }) => text().includes('ok')));
  await until(
    () => stream.text().includes('data: 1') && half.text().includes('half') && upgraded.text().includes('101'),
  );
  t.regex(idle.text(), /keep-alive/i);
  t.is(servers.open().inFlight, 3);

  const draining = servers.drain({ mover: undefined, idleMs: LATE });
  t.false([busy, plain, streaming, slow, upgrading, closing].some(({ server }) => server.listening));
  t.deepEqual(draining.left(), { requests: 2, idle: 3, longLived: 2 });

  idle.socket.write(GET);
  await idle.closed;
  t.is(idle.text().split('ok').length, 3, 'a connection that was idle is answered once more');
  t.regex(idle.text(), /connection: close\r\n[\s\S]*ok$/i);

  waiting[0]?.end('late');
  await clients.busy.closed;
  t.regex(clients.busy.text(), /connection: close\r\n[\s\S]*late/i);
  t.deepEqual(draining.left(), { requests: 1, idle: 2, longLived: 2 });

  servers.hasten(5);
  await Promise.all([clients.fresh.closed, waits.closed]);
  t.deepEqual(draining.left(), { requests: 1, idle: 0, longLived: 2 });
  await draining.over(-1); // a response that has begun is late by now
  half.socket.destroy();
  await draining.over(LATE); // what is left is the app's own to end

  const closed = new Promise<unknown>((resolve) => closing.server.close((...args: unknown[]) => resolve(args[0])));
  t.is(await closed, undefined, 'an app that closes what is drained hears no error that it was closed');

  streams[0]?.end();
  await stream.closed;
  await servers.destroy();
  await upgraded.closed;
  await draining.closed;
  t.deepEqual(draining.report(), { moved: 0, drained: {} });
  t.is(servers.tracked().size, 0);
});

test.serial(
  'a server that begins to listen in the midst of it is drained too, behind the listeners of the app',
  async (t) => {
    const server = http.createServer();
    let address: unknown;
    server.listen(0, '127.0.0.1', () => {
      address = server.address();
    });
    await once(server, 'close');
    t.truthy(address);
  },
);

test.serial('a worker that leaves says so', (t) => {
  t.false(servers.isLeaving());
  servers.takePart();
  t.true(servers.isLeaving());
});
