import http, { type ServerResponse } from 'node:http';
import net from 'node:net';
import test from 'ava';
import {
  endWithNewest,
  isBusy,
  isIdle,
  isTooLate,
  newestOn,
  noteLast,
  noteNewest,
} from '../../src/worker/servers/last-response.js';

/** A connection with the answers to requests on it, none of which goes anywhere. */
function connection() {
  const socket = new net.Socket();
  socket.on('error', () => undefined);
  const answer = (): ServerResponse => {
    const response = new http.ServerResponse(new http.IncomingMessage(socket));
    response.shouldKeepAlive = true;
    return response;
  };
  return { socket, answer };
}

/** The head that a response would send. */
const headOf = (response: ServerResponse) => String(Reflect.get(response, '_header'));

test('a connection is busy while its newest request is not answered, and idle when it is; a new one is neither', (t) => {
  const { socket, answer } = connection();
  t.deepEqual([isBusy(socket), isIdle(socket), newestOn(socket)], [false, false, undefined]);
  const response = answer();
  noteNewest(socket, response);
  t.deepEqual([isBusy(socket), isIdle(socket), newestOn(socket)], [true, false, response]);
  response.destroy();
  t.deepEqual([isBusy(socket), isIdle(socket)], [false, true]);
});

test('of pipelined requests only the last is answered with close', (t) => {
  const { socket, answer } = connection();
  const [first, second] = [answer(), answer()];
  noteLast(socket, first);
  t.false(first.shouldKeepAlive);
  noteLast(socket, second);
  t.deepEqual([first.shouldKeepAlive, second.shouldKeepAlive], [true, false]);
  first.setHeader('Connection', 'keep-alive');
  first.writeHead(200);
  t.regex(headOf(first), /connection: keep-alive/i);
  second.writeHead(200);
  t.regex(headOf(second), /connection: close/i);
});

test('a request behind an answer that says close already is not begun', (t) => {
  const { socket, answer } = connection();
  const [first, second] = [answer(), answer()];
  noteLast(socket, first);
  first.writeHead(200);
  noteLast(socket, second);
  t.deepEqual([isTooLate(first), isTooLate(second)], [false, true]);
  t.is(newestOn(socket), first);
  for (const none of [undefined, null, 'x', {}]) t.false(isTooLate(none));
});

test('a client that has asked for close itself gets a next request begun as ever', (t) => {
  const { socket, answer } = connection();
  const first = answer();
  first.shouldKeepAlive = false;
  noteLast(socket, first);
  first.writeHead(200);
  const second = answer();
  noteLast(socket, second);
  t.false(isTooLate(second));
});

test('what is sent already is not changed; what is not ends the connection', (t) => {
  const { socket, answer } = connection();
  endWithNewest(socket);
  const sent = answer();
  noteNewest(socket, sent);
  sent.writeHead(200);
  endWithNewest(socket);
  t.true(sent.shouldKeepAlive);
  const open = answer();
  noteNewest(socket, open);
  endWithNewest(socket);
  t.false(open.shouldKeepAlive);
});

for (const [what, write] of [
  ['by setHeader', (response: ServerResponse) => response.setHeader('Connection', 'keep-alive').writeHead(200)],
  ['in an object', (response: ServerResponse) => response.writeHead(200, { connection: 'Keep-Alive', a: '1' })],
  ['behind a reason', (response: ServerResponse) => response.writeHead(200, 'Fine', { CONNECTION: 'keep-alive' })],
  ['in a list', (response: ServerResponse) => response.writeHead(200, ['a', '1', 'Connection', 'keep-alive'])],
  ['in pairs', (response: ServerResponse) => response.writeHead(200, [['Connection', 'keep-alive']] as never)],
] as const) {
  test(`a Connection header of the app's own, ${what}, is close on the last response`, (t) => {
    const { socket, answer } = connection();
    const response = answer();
    noteLast(socket, response);
    write(response);
    t.regex(headOf(response), /connection: close\r\n/i);
    t.notRegex(headOf(response), /keep-alive/i);
  });
}

test('an upgrade that is offered in the last response stays one', (t) => {
  const { socket, answer } = connection();
  const response = answer();
  noteLast(socket, response);
  response.writeHead(426, { Connection: 'Upgrade', Upgrade: 'x', 'Content-Length': '0' });
  t.regex(headOf(response), /connection: upgrade/i);
});
