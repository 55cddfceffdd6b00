import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { followHttp1 } from '../../../src/worker/access-log/follow-http1.js';
import type { Served } from '../../../src/worker/access-log/served.js';
import { trackServers } from '../../../src/worker/servers/track-servers.js';
import { workerBoot } from '../worker-boot.js';

interface Seen extends Pick<Served, 'method' | 'url' | 'protocol' | 'client' | 'status' | 'bytes' | 'aborted'> {
  readonly agent: string | undefined;
  readonly type: string | undefined;
}

const logs = new Map<string, Seen[]>();
const NEEDS = {
  ...{ trace: false, duration: true, exactTime: true },
  requestHeaders: ['user-agent'],
  responseHeaders: ['content-type'],
};
const follow = followHttp1({
  servers: trackServers(workerBoot()),
  clientOf: (peer, forwarded) => forwarded ?? peer,
  ...{ trusts: true, needs: NEEDS, now: () => 7 },
  onServed: (served) => {
    const { method, url, protocol, client, status, bytes, aborted } = served;
    const [agent, type] = [served.requestHeader(0), served.responseHeader(0)];
    const name = url.split('/')[1] ?? '';
    served.release?.(); // filled anew by the next one
    logs.set(name, [...(logs.get(name) ?? []), { method, url, protocol, client, status, bytes, aborted, agent, type }]);
  },
});

/** A server that is followed; its requests begin with a name of the test's own. */
async function serve(t: ExecutionContext, answer: RequestListener) {
  const server = http.createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  follow(server);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  return { server, socket, text: () => text };
}

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise(setImmediate);
};
const request = (path: string, ...headers: string[]) =>
  `GET ${path} HTTP/1.1\r\n${['host: a', ...headers].join('\r\n')}\r\n\r\n`;

test('a request is said once, when its answer is written, with the bytes of the body as they were sent', async (t) => {
  const { socket, text } = await serve(t, (_request, response) => {
    response.writeHead(201, { 'Content-Type': 'text/x' });
    response.end('12345');
  });
  socket.write(request('/one/x?y', 'user-agent: curl', 'User-Agent: again'));
  await until(() => logs.has('one'));
  t.deepEqual(logs.get('one'), [
    {
      ...{ method: 'GET', url: '/one/x?y', protocol: 'HTTP/1.1', client: '127.0.0.1', status: 201 },
      ...{ bytes: '5\r\n12345\r\n0\r\n\r\n'.length, aborted: false, agent: 'curl, again', type: 'text/x' },
    },
  ]);
  await until(() => text().includes('12345'));
});

test('pipelined requests are each said, in the order of their answers, with their own bytes and clients', async (t) => {
  const { socket } = await serve(t, (incoming, response) => {
    const body = 'x'.repeat(Number(incoming.url?.split('/')[2]));
    setImmediate(() => response.setHeader('Content-Length', body.length).end(body));
  });
  socket.write(request('/many/3', 'x-forwarded-for: 1.1.1.1') + request('/many/5') + request('/many/0'));
  await until(() => logs.get('many')?.length === 3);
  t.deepEqual(
    logs.get('many')?.map(({ url, bytes, client }) => [url, bytes, client]),
    [
      ['/many/3', 3, '1.1.1.1'],
      ['/many/5', 5, '127.0.0.1'],
      ['/many/0', 0, '127.0.0.1'],
    ],
  );
});

test('a client that goes before there is an answer is a 499, one that goes in its midst keeps the status', async (t) => {
  const { socket, text } = await serve(t, (_request, response) => void response.write('half'));
  socket.write(request('/midst/1'));
  await until(() => text().includes('half'));
  socket.destroy();
  await until(() => logs.has('midst'));
  const silent = await serve(t, () => undefined);
  silent.socket.write(request('/silent/1') + request('/silent/2'), () => setImmediate(() => silent.socket.destroy()));
  await until(() => logs.get('silent')?.length === 2);
  t.deepEqual(
    [...(logs.get('midst') ?? []), ...(logs.get('silent') ?? [])].map(({ url, status, aborted }) => [
      url,
      status,
      aborted,
    ]),
    [
      ['/midst/1', 200, true],
      ['/silent/1', 499, true],
      ['/silent/2', 499, true],
    ],
  );
});

test('an app that answers 100-continue by itself and passes the request on has one line for it', async (t) => {
  const { server, socket } = await serve(t, (_request, response) => response.end('ok'));
  server.on('checkContinue', (incoming, response) => {
    response.writeContinue();
    server.emit('request', incoming, response);
  });
  socket.write('POST /continue/1 HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx');
  await until(() => logs.has('continue'));
  socket.write(request('/continue/2'));
  await until(() => logs.get('continue')?.length === 2);
  t.deepEqual(
    logs.get('continue')?.map(({ method }) => method),
    ['POST', 'GET'],
  );
});

test('HTTP/1.0 is said as such', async (t) => {
  const { socket } = await serve(t, (_request, response) => response.end('ok'));
  socket.write('GET /old HTTP/1.0\r\n\r\n');
  await until(() => logs.has('old'));
  t.like(logs.get('old')?.[0], { protocol: 'HTTP/1.0', status: 200, bytes: 2 });
});

test('an answer that is not in chunks has its bytes by its length, HEAD and 304 none, and one in chunks behind them its own', async (t) => {
  const { socket } = await serve(t, (incoming, response) => {
    if (incoming.url === '/mixed/304') return void response.writeHead(304).end();
    if (incoming.url !== '/mixed/chunks') return void response.end('1234567');
    response.write('ab');
    response.end('c');
  });
  const head = request('/mixed/head').replace('GET', 'HEAD');
  socket.write(request('/mixed/7') + head + request('/mixed/304') + request('/mixed/chunks') + request('/mixed/7'));
  await until(() => logs.get('mixed')?.length === 5);
  t.deepEqual(
    logs.get('mixed')?.map(({ bytes }) => bytes),
    [7, 0, 0, '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n'.length, 7],
  );
});
