import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { proxyHeaders, tunnel } from '../../../src/telemetry/outbox/send/tunnel.js';

for (const [text, pair] of [
  ['http://me:p%40ss@proxy:3128', 'me:p@ss'],
  ['http://me@proxy', 'me:'],
  ['http://m%C3%BCller:%E2%82%AC@proxy', 'müller:€'],
  ['http://me:100%@proxy', 'me:100%'],
  ['http://me:a%zz%41@proxy', 'me:a%zzA'],
] as const) {
  test(`the user of ${text} is ${pair}`, (t) => {
    const { 'proxy-authorization': sent = '' } = proxyHeaders(new URL(text));
    t.is(Buffer.from(sent.replace('Basic ', ''), 'base64').toString(), pair);
  });
}

test('a proxy without a user has no authorization', (t) => {
  t.deepEqual(proxyHeaders(new URL('http://proxy')), {});
});

/** A proxy that answers every CONNECT with this text. */
async function proxy(t: ExecutionContext, answer: string) {
  const asked: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', (chunk) => {
      asked.push(chunk.toString());
      socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: new URL(`http://127.0.0.1:${address.port}`), asked };
}

test('what the far end said with the answer of the proxy is read first', async (t) => {
  const { url, asked } = await proxy(t, 'HTTP/1.1 200 Connection established\r\n\r\nhello');
  const socket = await tunnel(url, new URL('https://collector.example/v1/traces'));
  const [chunk] = await once(socket, 'data');
  t.is(String(chunk), 'hello');
  t.regex(asked[0] ?? '', /^CONNECT collector\.example:443 HTTP\/1\.1\r\n/);
  socket.destroy();
});

test('every 2xx opens the tunnel', async (t) => {
  const { url } = await proxy(t, 'HTTP/1.1 204 Fine\r\n\r\n');
  const socket = await tunnel(url, new URL('http://[::1]:4318'));
  t.false(socket.destroyed);
  socket.destroy();
});

for (const [answer, why] of [
  [
    'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
    /refused collector:4317: HTTP status 407 Proxy Authentication Required$/,
  ],
  ['HTTP/1.1 503 \r\n\r\n', /refused collector:4317: HTTP status 503$/],
  ['SSH-2.0-OpenSSH_9.6\r\n', /cannot be used: Parse Error/],
] as const) {
  test(`a proxy that says ${JSON.stringify(answer)} is named with why`, async (t) => {
    const { url } = await proxy(t, answer);
    const error = await t.throwsAsync(tunnel(url, new URL('http://collector:4317')));
    t.regex(error.message, why);
    t.true(error.message.startsWith(`the proxy ${url.host} `));
  });
}

test('one that nobody answers at is named too', async (t) => {
  const { url } = await proxy(t, '');
  const nowhere = new URL(url);
  nowhere.port = '1';
  await t.throwsAsync(tunnel(nowhere, new URL('http://collector:4317')), {
    message: /^the proxy 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/,
  });
});
