import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import type net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KfError } from '../../../src/contract/errors.js';
import { openAccessLog } from '../../../src/worker/access-log/access-log.js';
import { openTarget } from '../../../src/worker/access-log/target.js';
import { trackServers } from '../../../src/worker/servers/track-servers.js';
import { privateDir } from '../../helpers/cluster.js';
import { keptLog } from '../../supervisor/kept-log.js';
import { workerBoot } from '../worker-boot.js';

/** An access log of these servers, in a file of its own. */
async function logging(t: ExecutionContext, format: string, ...servers: net.Server[]) {
  const path = join(privateDir(t), 'access.log');
  const { log, lines } = keptLog();
  const listeners: ((server: net.Server) => void)[] = [];
  const boot = workerBoot({ accessLogFormat: format, slot: 2 });
  const { onBegin } = trackServers(boot);
  const file = openAccessLog(path, boot, { onBegin, onListening: (callback) => void listeners.push(callback) }, log);
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    for (const callback of listeners) callback(server);
    for (const callback of listeners) callback(server); // it has listened again
  }
  const read = (name = path) => {
    file.settle();
    return readFileSync(name, 'utf8');
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise(setImmediate);
  };
  return { path, file, read, until, lines };
}

const portOf = (server: net.Server) => (server.address() as net.AddressInfo).port;

test('each request has one line, written together with others, and in a new file after a rotation', async (t) => {
  const server = http.createServer((_request, response) => response.end('ok'));
  const { path, file, read, until } = await logging(t, '%m %U %s', server);
  const get = (url: string) =>
    new Promise((resolve) => {
      http.get({ port: portOf(server), path: url, agent: false }, (response) =>
        response.resume().once('close', resolve),
      );
    });
  for (let i = 0; i < 300; i++) await get(`/${i}`);
  await until(() => read().split('\n').length === 301);
  t.is(read().split('\n')[299], 'GET /299 200');
  await get('/before');
  await until(() => read().includes('/before'));
  renameSync(path, `${path}.1`);
  file.reopen();
  await get('/behind');
  await until(() => read().includes('/behind'));
  t.deepEqual([read(`${path}.1`).split('\n').length, read()], [302, 'GET /behind 200\n']);
});

test('requests of HTTP/2 are said too, with the bytes of their answers', async (t) => {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    if (headers[':path'] === '/gone') return;
    stream.respond({ ':status': 201, 'x-a': 'b' });
    stream.write('123');
    stream.end('é');
  });
  const { read, until } = await logging(t, '%r %s %B %{x-a}o %{user-agent}i', server);
  const client = http2.connect(`http://127.0.0.1:${portOf(server)}`);
  t.teardown(() => client.destroy());
  client.on('error', () => undefined);
  const stream = client.request({ ':path': '/two?x', 'user-agent': 'test' });
  stream.resume();
  await once(stream, 'close');
  await until(() => read() !== '');
  t.is(read(), 'GET /two?x HTTP/2.0 201 5 b test\n');
  const gone = client.request({ ':path': '/gone' });
  gone.on('error', () => undefined);
  await new Promise((resolve) => client.ping(resolve));
  gone.close(http2.constants.NGHTTP2_CANCEL);
  await until(() => read().split('\n').length === 3);
  t.regex(read(), /GET \/gone HTTP\/2.0 499 0 - -\n$/);
});

test('a file that never can be opened is an error of the boot', async (t) => {
  const { log } = keptLog();
  const path = join(privateDir(t), 'none', 'access.log');
  const open = () => openAccessLog(path, workerBoot(), { onListening: () => undefined, onBegin: () => undefined }, log);
  t.is(t.throws(open, { instanceOf: KfError }).code, 'LOG_FILE');
});

test('an access log that cannot be opened anew says so, and writes on where it is', (t) => {
  const dir = privateDir(t);
  const path = join(dir, 'a', 'access.log');
  process.getBuiltinModule('node:fs').mkdirSync(join(dir, 'a'));
  const problems: string[] = [];
  const target = openTarget(path, {
    gap: (lines) => `<${lines}>\n`,
    onProblem: (problem) => problems.push(problem),
    onMended: () => undefined,
  });
  target.write(Buffer.from('one\n'));
  renameSync(join(dir, 'a'), join(dir, 'b'));
  target.reopen();
  target.write(Buffer.from('two\n'));
  t.false(target.settle());
  t.is(problems.length, 1);
  t.is(readFileSync(join(dir, 'b', 'access.log'), 'utf8'), 'one\ntwo\n');
});
