import test from 'ava';
import { serve } from '../helpers/drain.js';
import { openRaw, refused } from '../helpers/raw.js';

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const HOLD = 'GET /hold HTTP/1.1\r\nhost: a\r\n\r\n';
/** The last response that was sent in whole, and says so. */
const CLOSED = /Connection: close[\s\S]*\r\n\r\n(ok|released)$/;

for (const kind of ['http', 'https']) {
  const secure = kind === 'https';

  test(`${kind}: requests pipelined before the drain are all answered, the last with Connection: close`, async (t) => {
    const cluster = await serve(t, kind);
    const at = { port: cluster.port, host: '127.0.0.1' };
    const client = await openRaw(at, secure);
    client.send(HOLD + HOLD);
    await cluster.line(/^holding 2/);
    cluster.kill('SIGTERM');
    await refused(at);
    process.kill(cluster.worker, 'SIGUSR2');
    const text = await client.until(CLOSED);
    t.is(text.match(/HTTP\/1.1 200/g)?.length, 2);
    t.is(text.match(/Connection: keep-alive/g)?.length, 1);
    t.is((await cluster.exit).code, 0);
  });

  test(`${kind}: requests pipelined in one piece during the drain are all answered`, async (t) => {
    const cluster = await serve(t, kind);
    const at = { port: cluster.port, host: '127.0.0.1' };
    const client = await openRaw(at, secure);
    client.send(GET);
    await client.until(/keep-alive[\s\S]*ok$/);
    cluster.kill('SIGTERM');
    await refused(at);
    client.send(GET + GET + GET);
    const text = await client.ended;
    t.is(text.match(/HTTP\/1.1 200/g)?.length, 4);
    t.is(text.match(/Connection: close/g)?.length, 1);
    t.is((await cluster.exit).code, 0);
  });

  test(`${kind}: a connection that never sent a request is ended at the server's keepAliveTimeout`, async (t) => {
    const cluster = await serve(t, kind, { KEEP_ALIVE: '300' });
    const client = await openRaw({ port: cluster.port, host: '127.0.0.1' }, secure);
    cluster.kill('SIGTERM');
    t.is(await client.ended, '');
    t.is((await cluster.exit).code, 0);
  });

  test(`${kind}: a connection whose first request comes during the drain is answered`, async (t) => {
    const cluster = await serve(t, kind);
    const at = { port: cluster.port, host: '127.0.0.1' };
    const client = await openRaw(at, secure);
    cluster.kill('SIGTERM');
    await refused(at);
    client.send(GET);
    t.regex(await client.ended, CLOSED);
    t.is((await cluster.exit).code, 0);
  });
}

test('a TLS connection without a handshake does not hold the drain', async (t) => {
  const cluster = await serve(t, 'https', { KEEP_ALIVE: '300' });
  const client = await openRaw({ port: cluster.port, host: '127.0.0.1' });
  cluster.kill('SIGTERM');
  t.is(await client.ended, '');
  t.is((await cluster.exit).code, 0);
});

test('an idle connection leaves by its own keepAliveTimeout', async (t) => {
  const cluster = await serve(t, 'http', { KEEP_ALIVE: '300' });
  const client = await openRaw({ port: cluster.port, host: '127.0.0.1' });
  client.send(GET);
  await client.until(/ok$/);
  cluster.kill('SIGTERM');
  await client.ended;
  t.is((await cluster.exit).code, 0);
});

for (const keepAlive of ['0', '600000']) {
  test(`a keepAliveTimeout of ${keepAlive} is bounded by the drain timeout`, async (t) => {
    const flags = ['-w', '1', '--drain-timeout', '300ms'];
    const cluster = await serve(t, 'http', { KEEP_ALIVE: keepAlive }, flags);
    const idle = await openRaw({ port: cluster.port, host: '127.0.0.1' });
    const silent = await openRaw({ port: cluster.port, host: '127.0.0.1' });
    idle.send(GET);
    await idle.until(/ok$/);
    cluster.kill('SIGTERM');
    await Promise.all([idle.ended, silent.ended]);
    t.deepEqual(await cluster.exit, { code: 0, signal: null });
    t.deepEqual(cluster.events('worker-killed'), []);
  });
}

test('several servers on several ports drain at once', async (t) => {
  const cluster = await serve(t, 'http', { KIND: 'http,https,net' });
  const port = async (kind: string) => Number((await cluster.line(new RegExp(`^${kind} (\\d+)`)))[1]);
  const plain = await openRaw({ port: await port('http'), host: '127.0.0.1' });
  const secure = await openRaw({ port: await port('https'), host: '127.0.0.1' }, true);
  const echo = await openRaw({ port: await port('net'), host: '127.0.0.1' });
  plain.send(HOLD);
  secure.send(HOLD);
  echo.send('hold');
  await cluster.line(/^holding 3/);
  cluster.kill('SIGTERM');
  await refused({ port: await port('net'), host: '127.0.0.1' });
  process.kill(cluster.worker, 'SIGUSR2');
  t.regex(await plain.ended, CLOSED);
  t.regex(await secure.ended, CLOSED);
  t.is(await echo.ended, 'bye');
  t.is((await cluster.exit).code, 0);
});
