import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { WorkerMessage } from '../../src/contract/messages.js';
import { UnorderedSet } from '../../src/core/unordered-set.js';
import { createArrivals } from '../../src/worker/moving/arrivals.js';
import { hasJustArrived, noteArrival, noteRequest, requestsOn } from '../../src/worker/moving/request-counts.js';
import { placeOf, serverAt } from '../../src/worker/moving/server-address.js';
import type { Tracked } from '../../src/worker/servers/tracked-server.js';

async function listening<S extends net.Server>(t: ExecutionContext, server: S): Promise<S> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return server;
}

function arriving(servers: readonly net.Server[], accepted = 0) {
  const sent: WorkerMessage[] = [];
  const tracked = (): Tracked => ({
    sockets: new UnorderedSet(),
    accepted,
    sessions: new UnorderedSet(),
    unfollow: [],
  });
  const map = new Map(servers.map((server) => [server, tracked()]));
  const state = { leaving: false };
  const arrivals = createArrivals(
    { send: (message) => sent.push(message) },
    { tracked: () => map, isLeaving: () => state.leaving },
  );
  return { arrivals, sent, state };
}

/** A handle of which it is known whether it was closed. */
function closable() {
  const handle = { closed: 0, readStart: () => 0, readStop: () => 0, close: () => void handle.closed++ };
  return handle;
}

const turn = () => new Promise(setImmediate);

test('room is said of HTTP servers that listen, by where they listen; a worker that leaves has none', async (t) => {
  const [web, plain] = [await listening(t, http.createServer()), await listening(t, net.createServer())];
  const { arrivals, state } = arriving([web, plain, http.createServer()], 4);
  const { port } = web.address() as net.AddressInfo;
  t.deepEqual(arrivals.room(), { [`http 127.0.0.1 ${port}`]: 4 });
  state.leaving = true;
  t.deepEqual(arrivals.room(), {});
});

test('what nobody listens for is refused and closed here, all of one turn in one answer', async (t) => {
  const { arrivals, sent } = arriving([await listening(t, http.createServer())]);
  const [one, two] = [closable(), closable()];
  arrivals.take(1, { place: 'http elsewhere', requests: 0 }, one);
  arrivals.take(2, { place: 'http elsewhere', requests: 0 }, two);
  t.deepEqual([one.closed, two.closed, sent.length], [1, 1, 0]);
  await turn();
  t.deepEqual(sent, [{ type: 'refused', passes: [1, 2] }]);
});

test('a worker that leaves takes nothing, though it still listens', async (t) => {
  const server = await listening(t, http.createServer());
  const { arrivals, sent, state } = arriving([server]);
  state.leaving = true;
  const handle = closable();
  arrivals.take(7, { place: placeOf(server) ?? '', requests: 0 }, handle);
  await turn();
  t.is(handle.closed, 1);
  t.deepEqual(sent, [{ type: 'refused', passes: [7] }]);
});

test('a pass without its descriptor is refused when it is asked about, and one that came is not answered twice', async (t) => {
  const { arrivals, sent } = arriving([]);
  arrivals.take(1, { place: 'x', requests: 0 }, undefined);
  arrivals.take(2, { place: 'x', requests: 0 }, closable());
  arrivals.sent([1, 2, 3]);
  await turn();
  t.deepEqual(sent, [{ type: 'refused', passes: [2, 1, 3] }]);
  arrivals.sent([]);
  await turn();
  t.is(sent.length, 1);
});

test('a connection that comes idle keeps its count of requests, and its time until the next request', (t) => {
  const socket = new net.Socket();
  t.teardown(() => socket.destroy());
  t.deepEqual([requestsOn(socket), hasJustArrived(socket)], [0, false]);
  noteArrival(socket, 3);
  t.deepEqual([requestsOn(socket), hasJustArrived(socket)], [3, true]);
  socket.setTimeout(5_000);
  Object.assign(socket, { server: { timeout: 0, maxRequestsPerSocket: 5 } });
  const answer = () => new http.ServerResponse(new http.IncomingMessage(socket));
  const [fourth, fifth] = [answer(), answer()];
  noteRequest(socket, fourth);
  t.deepEqual([requestsOn(socket), hasJustArrived(socket), socket.timeout], [4, false, 0]);
  t.falsy(Reflect.get(fourth, 'maxRequestsOnConnectionReached'));
  noteRequest(socket, fifth);
  Reflect.set(fifth, 'maxRequestsOnConnectionReached', false); // as node:http does, by its own count
  t.true(Reflect.get(fifth, 'maxRequestsOnConnectionReached'));
});

test('a place is an address, in the same words in each worker; what cannot be moved has none', async (t) => {
  const server = await listening(t, http.createServer());
  const place = placeOf(server) ?? '';
  t.is(serverAt([http.createServer(), server], place), server);
  t.is(serverAt([], place), undefined);
  t.is(placeOf(await listening(t, net.createServer())), undefined);
  t.is(placeOf(http.createServer()), undefined);
});
