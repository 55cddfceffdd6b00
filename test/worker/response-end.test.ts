import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import { onResponseEnd } from '../../src/worker/node-internals/response-end.js';

test.serial(
  'each answer that is written as a whole is said once, with its connection, in turns; one that is cut off is not',
  async (t) => {
    const ended: [ServerResponse, net.Socket][] = [];
    onResponseEnd((response, socket) => void ended.push([response, socket]));
    const begun: [ServerResponse, net.Socket][] = [];
    const server = http.createServer((request, response) => {
      begun.push([response, request.socket]);
      if (request.url === '/cut') request.socket.destroy();
      else if (request.url === '/late') setImmediate(() => response.end('late'));
      else response.end('now');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.write(
      ['late', '', 'cut']
        .map((path) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        .join('')
        .slice(0, -2),
    );
    client.once('data', () => client.write('\r\n')); // the last one is whole when the others are answered
    client.resume();
    await once(client, 'close');
    await new Promise((resolve) => server.close(resolve));
    t.is(begun.length, 3);
    t.deepEqual(ended, begun.slice(0, 2));
    t.deepEqual(
      ended.map(([response]) => [response.writableFinished, response.listenerCount('finish'), response.statusCode]),
      [
        [true, 1, 200],
        [true, 1, 200],
      ],
    );
  },
);
