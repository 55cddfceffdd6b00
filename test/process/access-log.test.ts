import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, watch as watchFile, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { kf } from '../helpers/cli.js';
import { BIN, kfCluster, NODE, type Running, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { serve } from '../helpers/drain.js';
import { collector } from '../helpers/example.js';
import { get } from '../helpers/http.js';
import { eventsIn } from '../helpers/log-lines.js';
import { tree } from '../helpers/tree.js';

const APP = `
let late;
require('node:http').createServer((request, response) => {
  if (request.url === '/late') return void (late = response);
  if (request.url === '/free') late.end('later');
  if (request.url === '/held') return void console.log('held');
  if (request.url === '/begun') return void response.write('begun', () => console.log('begun'));
  response.setHeader('X-Kind', 'shop').end('answer');
}).on('checkContinue', function (request, response) {
  response.writeContinue();
  this.emit('request', request, response);
}).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });
`;

async function shop(t: ExecutionContext, flags: readonly string[], env: Record<string, string> = {}) {
  const cwd = tree(t, { 'app.js': APP });
  const running = kfCluster(t, ['start', 'app.js', ...flags], { cwd, env });
  const [, port = ''] = await running.line(/^(?:\d \| )?port (\d+)/);
  await running.event('all-ready');
  return { ...running, cwd, port, file: join(cwd, 'access.log') };
}

const FILE = ['--access-log', 'access.log', '--no-telemetry', '-w', '1'];

/** The lines of a file, as soon as there are that many. */
async function linesOf(file: string, count: number): Promise<string[]> {
  for (;;) {
    const ended = new AbortController();
    const changed = existsSync(file)
      ? once(watchFile(file, { signal: ended.signal }), 'change', ended).catch(() => undefined)
      : new Promise((resolve) => setImmediate(resolve));
    const lines = existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [];
    if (lines.length < count) await changed;
    ended.abort();
    if (lines.length >= count) return lines;
  }
}

/** Sends these bytes and reads until the other side closes. */
function raw(port: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

async function stopped(running: Running): Promise<void> {
  running.kill('SIGTERM');
  await running.exit;
}

test('combined is the line that nginx and Apache write', async (t) => {
  const app = await shop(t, FILE);
  await fetch(`http://127.0.0.1:${app.port}/a?b=1`, {
    headers: {
      referer: 'http://here/',
      'user-agent': 'tester',
      authorization: `Basic ${btoa('joe:secret')}`,
      connection: 'close',
    },
  });
  const [line] = await linesOf(app.file, 1);
  const time = String.raw`\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]`;
  t.regex(
    line!,
    new RegExp(String.raw`^127\.0\.0\.1 - joe ${time} "GET /a\?b=1 HTTP/1\.1" 200 6 "http://here/" "tester"$`),
  );
  await stopped(app);
});

test('json and traced have the ids of the span of the request', async (t) => {
  const { store, env } = await collector(t);
  const json = await shop(t, ['--access-log', 'access.log', '--access-log-format', 'json', '-w', '1'], env);
  await get(json.port, '/a');
  const [line] = await linesOf(json.file, 1);
  await stopped(json);
  const [span] = store.spans();
  t.like(JSON.parse(line!), { trace_id: span!.traceId, span_id: span!.spanId, method: 'GET', url: '/a', status: 200 });
  t.like(JSON.parse(line!), { bytes: 6, slot: 0, generation: 1, client: '127.0.0.1', protocol: 'HTTP/1.1' });
  const upstream = ['--http-instrumentation', 'upstream', '--access-log-format', 'traced', '-w', '1'];
  const traced = await shop(t, ['--access-log', 'access.log', ...upstream], env);
  await get(traced.port, '/b');
  const [other] = await linesOf(traced.file, 1);
  await stopped(traced);
  const ofB = store.spans().find(({ attributes }) => attributes['url.path'] === '/b');
  t.regex(other!, new RegExp(` \\d+us worker=0 trace=${ofB!.traceId}$`));
});

test("a format in Apache's or Gunicorn's spelling", async (t) => {
  const apache = '%m %U %q %>s %{X-Kind}o %{SHOP}e %{slot}x %%';
  const one = await shop(t, [...FILE, '--access-log-format', apache], { SHOP: 'north' });
  await get(one.port, '/a?b=1');
  t.deepEqual(await linesOf(one.file, 1), ['GET /a ?b=1 200 shop north 0 %']);
  await stopped(one);
  const two = await shop(t, [...FILE, '--access-log-format', '%(h)s "%(r)s" %(s)s %({x-kind}o)s %(p)s']);
  await get(two.port, '/');
  t.regex((await linesOf(two.file, 1))[0]!, /^127\.0\.0\.1 "GET \/ HTTP\/1\.1" 200 shop <\d+>$/);
  await stopped(two);
});

test('what a client sends can end no field and no line, and steers no terminal', async (t) => {
  const app = await shop(t, FILE);
  await raw(app.port, 'GET /a"b HTTP/1.1\r\nHost: a\r\nUser-Agent: a"\t\\\xff\r\nConnection: close\r\n\r\n');
  const lines = await linesOf(app.file, 1);
  t.true(lines[0]?.endsWith(String.raw` "GET /a\x22b HTTP/1.1" 200 6 "-" "a\x22\x09\x5C\xFF"`), lines.join('\n'));
  t.regex(lines.join('\n'), /^[\x20-\x7e\n]+$/);
  await stopped(app);
});

test('X-Forwarded-For counts only from a proxy that is trusted, and only up to the first that is not', async (t) => {
  const forwarded = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.0.0.7', connection: 'close' };
  const address = async (...trust: string[]) => {
    const app = await shop(t, [...FILE, '--access-log-format', '%h', ...trust]);
    await fetch(`http://127.0.0.1:${app.port}/`, { headers: forwarded });
    const [line] = await linesOf(app.file, 1);
    await stopped(app);
    return line;
  };
  t.is(await address(), '127.0.0.1');
  t.is(await address('--access-log-trust', 'loopback'), '10.0.0.7');
  t.is(await address('--access-log-trust', 'loopback,10.0.0.0/8'), '203.0.113.9');
});

test('a client that goes before its answer has a line, with 499 where nothing was sent', async (t) => {
  const app = await shop(t, [...FILE, '--access-log-format', 'json']);
  for (const path of ['held', 'begun']) {
    const socket = net.connect(Number(app.port), '127.0.0.1');
    socket.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await app.line(new RegExp(`^${path}`));
    socket.destroy();
  }
  const lines = (await linesOf(app.file, 2)).map((line) => JSON.parse(line));
  t.like(lines[0], { url: '/held', status: 499, aborted: true, bytes: 0 });
  t.like(lines[1], { url: '/begun', status: 200, aborted: true });
  await stopped(app);
});

test('requests that are sent together, and one that asks first, have a line each with what is theirs', async (t) => {
  const app = await shop(t, [...FILE, '--access-log-format', '%U %>s %{X-Kind}o %{A}i']);
  const [late, free] = ['GET /late HTTP/1.1\r\nHost: a\r\nA: 1\r\n\r\n', 'GET /free HTTP/1.1\r\nHost: a\r\nA: 2\r\n'];
  await raw(app.port, `${late}${free}Connection: close\r\n\r\n`);
  t.deepEqual((await linesOf(app.file, 2)).sort(), ['/free 200 shop 2', '/late 200 - 1']);
  const asks =
    'POST /asks HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
  t.regex(await raw(app.port, asks), /^HTTP\/1.1 100 .*200 OK/s);
  await raw(app.port, 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  t.deepEqual((await linesOf(app.file, 4)).slice(2), ['/asks 200 shop -', '/last 200 shop -']);
  await stopped(app);
});

test('https and http2, secure and not, HTTP/1 to an http2 server', async (t) => {
  const cwd = tree(t, {});
  const file = join(cwd, 'access.log');
  const flags = ['-w', '1', '--access-log', file, '--access-log-format', '%r %>s %b'];
  const ask = (port: number, scheme: string) =>
    new Promise<void>((resolve, reject) => {
      const session = http2.connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
      const stream = session.request({ ':path': '/two' });
      stream.on('error', reject).on('end', () => session.close(() => resolve()));
      stream.resume();
    });
  const askTls = (port: number) =>
    new Promise<void>((resolve, reject) => {
      const options = { port, path: '/one', rejectUnauthorized: false, agent: false, host: '127.0.0.1' };
      https.get(options, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
  const h2c = await serve(t, 'h2c', {}, flags);
  await ask(h2c.port, 'http');
  t.deepEqual(await linesOf(file, 1), ['GET /two HTTP/2.0 200 2']);
  await stopped(h2c);
  const h2 = await serve(t, 'h2', { HTTP1: 'yes' }, flags);
  await ask(h2.port, 'https');
  await askTls(h2.port);
  t.deepEqual((await linesOf(file, 3)).slice(1), ['GET /two HTTP/2.0 200 2', 'GET /one HTTP/1.1 200 2']);
  await stopped(h2);
  const secure = await serve(t, 'https', {}, flags);
  await askTls(secure.port);
  t.deepEqual((await linesOf(file, 4)).slice(3), ['GET /one HTTP/1.1 200 2']);
  await stopped(secure);
});

test('the file is opened anew by SIGUSR2 and when it was moved', async (t) => {
  const app = await shop(t, [...FILE, '--access-log-format', '%U']);
  await get(app.port, '/one');
  t.deepEqual(await linesOf(app.file, 1), ['/one']);
  renameSync(app.file, `${app.file}.1`);
  app.kill('SIGUSR2');
  await app.event('log-reopened');
  t.deepEqual(await linesOf(app.file, 0), []);
  await get(app.port, '/two');
  t.deepEqual(await linesOf(app.file, 1), ['/two']);
  renameSync(app.file, `${app.file}.2`);
  while (!existsSync(app.file)) await get(app.port, '/three');
  await stopped(app);
  t.deepEqual(await linesOf(`${app.file}.1`, 1), ['/one']);
});

test('a full disk holds up no request, and the log says once that lines are missing', async (t) => {
  const app = await shop(t, ['--access-log', '/dev/full', '--no-telemetry', '-w', '1']);
  t.is((await get(app.port, '/')).status, 200);
  const { level, msg } = await app.event('access-log-unwritable');
  t.is(level, 'error');
  t.true(msg.includes('/dev/full: ENOSPC'));
  t.is((await get(app.port, '/')).status, 200);
  await stopped(app);
});

test('stdout and stderr in one file that the shell has opened, which appends for nobody: no line covers another', async (t) => {
  const cwd = tree(t, { 'app.js': APP });
  const flags = ['--access-log', '-', '--access-log-format', 'to %U', '--no-telemetry', '-w', '2'];
  const words = ['-c', 'exec "$@" > all.log 2>&1', 'sh', NODE, BIN, 'start', 'app.js', ...flags];
  const app = watch(t, 'sh', words, { cwd });
  const file = join(cwd, 'all.log');
  let text = '';
  for (let count = 1; eventsIn(text, 'all-ready', { workers: 2 }).length === 0; count += 1)
    text = (await linesOf(file, count)).map((line) => `${line}\n`).join('');
  const port = /^port (\d+)$/m.exec(text)![1]!;
  const urls = Array.from({ length: 20 }, (_, i) => `/n${i}`);
  for (const url of urls) await get(port, url);
  app.kill('SIGTERM');
  t.is((await app.exit).code, 0);
  const lines = readFileSync(file, 'utf8').split('\n');
  t.deepEqual(lines.filter((line) => line.startsWith('to ')).sort(), urls.map((url) => `to ${url}`).sort());
  t.is(lines.filter((line) => /^port \d+$/.test(line)).length, 2);
  const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).event);
  const counted = ['starting', 'worker-ready', 'all-ready', 'stopped'];
  t.deepEqual(
    counted.map((event) => events.filter((one) => one === event).length),
    [1, 2, 1, 1],
  );
});

test('stdout in a pipe: whole lines of every worker, and the last ones too', async (t) => {
  const app = await shop(t, ['--access-log', '-', '--access-log-format', '%U', '--no-telemetry', '-w', '2']);
  const paths = Array.from({ length: 300 }, (_, i) => `/${i}-${'x'.repeat(i)}`);
  await Promise.all(paths.map((path) => get(app.port, path)));
  await stopped(app);
  const lines = app
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('/'));
  t.deepEqual(lines.sort(), paths.sort());
});

test('what cannot be written or read as a format is refused at the start', async (t) => {
  const cwd = tree(t, { 'app.js': APP });
  writeFileSync(join(cwd, 'file'), '');
  const refusal = async (...flags: string[]) => {
    const { code, stderr } = await kf(['start', 'app.js', '--no-telemetry', ...flags], cwd);
    return `${code} ${stderr}`;
  };
  t.regex(await refusal('--access-log', 'file/log'), /^78 .*cannot write the log file .*ENOTDIR/s);
  t.regex(await refusal('--access-log', 'a', '--access-log-format', '%z'), /^78 .*has "%z", which is no directive/s);
  t.regex(
    await refusal('--access-log', 'a', '--access-log-format', 'a %(zz)s b'),
    /^78 .*has "%\(zz\)s", which is no/s,
  );
  t.regex(await refusal('--access-log', 'a', '--access-log-format', 'combine'), /^78 .*no name of a format/s);
  t.regex(await refusal('--access-log', 'a', '--access-log-trust', '10.0.0.0/33'), /^78 .*no IP address/s);
});
