import { type SendHandle, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import {
  accept,
  giveAway,
  hold,
  idleParsers,
  isClean,
  isPlainHttp,
  isUpgraded,
  type RawHandle,
  takeBack,
  timeLeft,
} from '../../src/worker/node-internals/http-connection.js';

// The contract of src/worker/node-internals/http-connection.ts with the Node that runs this.

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

async function serve(t: ExecutionContext, answer: http.RequestListener = (_request, response) => response.end('ok')) {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, answer).listen(0);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const open = async () => {
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    const client = net.connect((server.address() as net.AddressInfo).port);
    t.teardown(() => client.destroy());
    const [socket] = await accepted;
    return { client, socket, clean: () => isClean(socket, idleParsers(server)) };
  };
  return { server, open };
}

/** The client's text, once the server has answered. */
async function answered(client: net.Socket): Promise<string> {
  return `${(await once(client, 'data'))[0]}`;
}

test('a connection is clean when it is new, and between two requests; not with a part of one', async (t) => {
  const { server, open } = await serve(t);
  t.true(isPlainHttp(server));
  t.false(isPlainHttp(net.createServer()));
  const { client, socket, clean } = await open();
  t.true(clean());
  client.write(GET);
  await answered(client);
  t.true(clean());
  const read = socket.bytesRead;
  client.write(GET.slice(0, 9));
  while (socket.bytesRead === read) await new Promise(setImmediate);
  t.false(clean());
  client.write(GET.slice(9));
  await answered(client);
  t.true(clean());
});

test('nor with a request that is not answered, or whose body is not read', async (t) => {
  let answer: (() => void) | undefined;
  const { open } = await serve(t, (_request, response) => {
    answer = () => response.end('ok');
  });
  const { client, clean } = await open();
  client.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n');
  while (!answer) await new Promise(setImmediate);
  t.false(clean());
  answer();
  await answered(client);
  t.false(clean());
});

test('nor one whose client has ended its side, nor one that was upgraded', async (t) => {
  const { server, open } = await serve(t);
  const upgraded = once(server, 'upgrade');
  const { client, socket, clean } = await open();
  client.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  await upgraded;
  t.false(clean());
  t.true(isUpgraded(socket));
  const ended = await open();
  t.false(isUpgraded(ended.socket));
  ended.client.end();
  await once(ended.socket, 'end');
  t.false(ended.clean());
});

test('what is held is not read, and read again when it is taken back', async (t) => {
  const { open } = await serve(t);
  const { client, socket, clean } = await open();
  client.write(GET);
  await answered(client);
  const left = timeLeft(socket);
  t.true(left > 50_000 && left < 62_000);
  t.true(clean());
  hold(socket);
  t.is(timeLeft(socket), 0);
  client.write(GET);
  const text = answered(client);
  await new Promise((resolve) => client.write('', resolve));
  takeBack(socket, left);
  t.regex(await text, /200 OK[\s\S]*ok/);
});

test('a connection that is given away closes here, and not for its client; another server accepts it as its own', async (t) => {
  const [one, other] = [await serve(t), await serve(t, (_request, response) => response.end('other'))];
  const { client, socket } = await one.open();
  client.write(GET);
  await answered(client);
  const closed = once(socket, 'close');
  const handle = await throughAnotherProcess(t, hold(socket));
  giveAway(socket);
  await closed;
  t.is(await connections(one.server), 0);
  const arrived = accept(other.server, handle);
  t.true(arrived instanceof net.Socket);
  t.is(await connections(other.server), 1);
  client.write(GET);
  t.regex(await answered(client), /other/);
  t.true(isClean(arrived!, idleParsers(other.server)));
});

test('a server that is full, or listens no more, accepts nothing', async (t) => {
  const { server, open } = await serve(t);
  const { socket } = await open();
  const handle = hold(socket);
  server.maxConnections = 1;
  t.is(accept(server, handle), undefined);
  server.maxConnections = 9;
  const closed = net.createServer();
  t.is(accept(closed as http.Server, handle), undefined);
  takeBack(socket, 0);
});

/** The same connection by a descriptor of its own. */
async function throughAnotherProcess(t: ExecutionContext, handle: RawHandle): Promise<RawHandle> {
  const echo = spawn(process.execPath, ['-e', "process.on('message', (_, h) => process.send('back', h))"], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.teardown(() => echo.kill());
  echo.send('there', handle as unknown as SendHandle);
  const [, back] = await once(echo, 'message');
  return back;
}

function connections(server: net.Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
