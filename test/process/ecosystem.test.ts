import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { kf } from '../helpers/cli.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { eventsIn } from '../helpers/log-lines.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';
import { tree } from '../helpers/tree.js';

const HTTP = fixture('apps/http.cjs');
const QUIET = { OTEL_TRACES_EXPORTER: 'none' };

function ecosystem(t: ExecutionContext, apps: readonly object[]): string {
  return tree(t, { 'e.config.cjs': `exports.apps = ${JSON.stringify(apps)}` });
}

test('one supervisor for each app: one that fails leaves the others alone, and its code is the exit code', async (t) => {
  const cwd = ecosystem(t, [
    { name: 'api', script: HTTP, instances: 2, env: QUIET },
    { name: 'bad', script: fixture('apps/throws.cjs'), env: QUIET },
    { name: 'idle', script: HTTP, autostart: false },
  ]);
  const running = kfCluster(t, ['start', 'e.config.cjs'], { cwd });
  await running.line(/^api \| .*"event":"all-ready","workers":2/);
  await running.event('app-ended', { app: 'bad', code: 70 });
  const [, port = ''] = await running.line(/^api \| listening (\d+)/);
  t.is((await get(port)).status, 200);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 70);
  t.regex(running.stderr(), /^api \| .*"event":"stopped","code":0/m);
  t.is(running.events('app-not-started', { app: 'idle' }).length, 1);
});

test('--log-format json and --log-level are those of the launcher too', async (t) => {
  const cwd = ecosystem(t, [
    { name: 'bad', script: fixture('apps/throws.cjs'), env: QUIET, out_file: '/proc/none/out.log' },
    { name: 'idle', script: HTTP, autostart: false },
    { name: 'worse', script: fixture('apps/throws.cjs'), env: QUIET },
  ]);
  const running = kfCluster(t, ['start', 'e.config.cjs', '--log-format', 'json', '--log-level', 'warn'], { cwd });
  t.is((await running.exit).code, 70);
  const own = running
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const said = own.map((line) => JSON.parse(line)).filter(({ logger }) => logger === 'kf-cluster');
  const ended = said.filter(({ event }) => event === 'app-ended').map(({ app, code }) => `${app} ${code}`);
  t.deepEqual(ended.sort(), ['bad 70', 'worse 70']);
  t.true(
    said.some(({ event, path, level }) => `${event} ${path} ${level}` === 'file-unwritable /proc/none/out.log error'),
  );
  t.deepEqual(running.events('app-not-started'), []);
});

test("script: 'npm' starts what stands behind it, and starts that again at a reload", async (t) => {
  const app = { name: 'api', script: 'npm', args: 'start', env: QUIET };
  const cwd = tree(t, {
    'package.json': JSON.stringify({ scripts: { start: `node ${HTTP}` } }),
    'e.config.cjs': `exports.apps = ${JSON.stringify([app])}`,
  });
  const running = kfCluster(t, ['start', 'e.config.cjs'], { cwd });
  const [, port = ''] = await running.line(/^listening (\d+)/);
  t.is((await get(port)).status, 200);
  running.kill('SIGHUP');
  await running.event('reload-done', { generation: 2 });
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  const next = await kf(['init', 'config', '--from', 'e.config.cjs'], cwd);
  t.regex(next.stdout, /^next: kf-cluster start npm -- start$/m);
});

test('each worker has the variables of its app and its slot; spans carry the name of the app', async (t) => {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: 100 };
  const env_here = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
  const cwd = ecosystem(t, [{ name: 'api', script: HTTP, namespace: 'shop', env, env_here }]);
  const running = kfCluster(t, ['start', 'e.config.cjs', '--only', 'api', '--env', 'here'], { cwd });
  const [, port = ''] = await running.line(/^listening (\d+)/);
  await get(port);
  running.kill('SIGINT');
  t.is((await running.exit).code, 0);
  const [span] = store.spans();
  t.like(span?.resource.attributes, { 'service.name': 'api', 'service.namespace': 'shop' });
});

test('output goes to the files of the app, dated; the pid file holds the supervisor while it runs', async (t) => {
  const app = {
    name: 'api',
    script: HTTP,
    env: QUIET,
    out_file: 'logs/out.log',
    log_file: 'all.log',
    pid_file: 'api.pid',
  };
  const cwd = ecosystem(t, [{ ...app, log_date_format: 'YYYY' }]);
  const running = kfCluster(t, ['start', 'e.config.cjs'], { cwd });
  const { pid } = await running.event('starting');
  await running.ready(1);
  t.is(readFileSync(join(cwd, 'api.pid'), 'utf8'), `${pid}\n`);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  t.regex(readFileSync(join(cwd, 'logs/out.log'), 'utf8'), /^\d{4}: listening \d+\n$/);
  t.regex(readFileSync(join(cwd, 'all.log'), 'utf8'), /^\d{4}: .*"event":"stopped","code":0/m);
  t.is(running.stdout(), '');
  t.false(existsSync(join(cwd, 'api.pid')));
});

test('a launcher that is killed takes its supervisors and their workers along', async (t) => {
  const cwd = ecosystem(t, [
    { name: 'a', script: HTTP, env: QUIET, kill_timeout: 400 },
    { name: 'b', script: HTTP, env: QUIET, kill_timeout: 400 },
  ]);
  const running = kfCluster(t, ['start', 'e.config.cjs'], { cwd });
  const ports = await running.lineTimes(/listening (\d+)/, 2);
  const sockets = ports.map(([, port]) => net.connect(Number(port), '127.0.0.1').resume());
  for (const socket of sockets) socket.on('error', () => undefined); // a reset is an end too
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  running.kill('SIGKILL');
  await Promise.all(closed);
  t.pass();
});

test('SIGHUP reloads each app from the file as it stands now', async (t) => {
  const cwd = ecosystem(t, [{ name: 'api', script: HTTP, env: QUIET }]);
  const running = kfCluster(t, ['start', 'e.config.cjs'], { cwd });
  await running.ready(1);
  running.kill('SIGHUP');
  await running.event('reload-done', { generation: 2 });
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
});

test('logs --reopen opens the files anew that the launcher writes for an app', async (t) => {
  const { start, run } = session(t);
  const cwd = tree(t, {
    'e.config.cjs': `exports.apps = ${JSON.stringify([{ name: 'api', script: HTTP, env: QUIET, out_file: 'out.log', error_file: 'err.log' }])}`,
  });
  const running = start(['start', 'e.config.cjs'], { cwd });
  const [out, err] = [join(cwd, 'out.log'), join(cwd, 'err.log')];
  while (!existsSync(err) || eventsIn(readFileSync(err, 'utf8'), 'all-ready', { workers: 1 }).length === 0);
  for (const file of [out, err]) renameSync(file, `${file}.1`);
  const { code, stdout } = await run('logs', '--reopen', '--name', 'api');
  t.is(code, 0);
  t.is(stdout, `${out}, ${err} is opened anew\n`);
  t.true(existsSync(out));
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  t.regex(readFileSync(err, 'utf8'), /"event":"stopped","code":0/);
});

test('logs has stdout of an app, of another language too, with the time, and -f what comes, until the stop', async (t) => {
  const { start, run, watch } = session(t);
  const cwd = tree(t, {
    'echo.cjs': `require('http').createServer((q, r) => { console.log('GET ' + q.url); r.end() }).listen(0, function () { console.log('listening ' + this.address().port) })`,
    'job.sh': 'echo begun\nsleep 600\n',
    'e.config.cjs': `exports.apps = ${JSON.stringify([
      { name: 'api', script: 'echo.cjs', instances: 2, env: QUIET, out_file: 'out.log' },
      { name: 'job', script: 'job.sh', env: QUIET },
    ])}`,
  });
  const running = start(['start', 'e.config.cjs'], { cwd });
  await running.line(/^api \| .*"event":"all-ready"/);
  await running.line(/^job \| begun/);
  const { stdout: kept } = await run('logs', 'api');
  t.is(kept.match(/^\d{4}-\S+ - \| listening \d+$/gm)?.length, 2, kept);
  const [, port = ''] = /listening (\d+)/.exec(kept) ?? [];
  const both = watch('logs', '-f');
  await both.line(/^job \| \S+ - \| begun/);
  await get(port, '/a');
  await both.line(/^api \| \S+ - \| GET \/a/);
  const { stdout: json } = await run('logs', 'api', '--json', '--lines', '1');
  t.like(JSON.parse(json), { stream: 'stdout', text: 'GET /a' });
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  await both.exit;
});
