import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';

const HOOKS = ['--no-telemetry', '--hooks', fixture('hooks/all.mjs')];

test('TTIN adds a worker, TTOU takes one away, and the last one stays', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...HOOKS]);
  await cluster.ready(1);
  cluster.kill('SIGTTIN');
  await cluster.line(/^hook onScale 1 2/);
  await cluster.line(/^hook onWorkerReady 1/);
  cluster.kill('SIGTTOU');
  await cluster.line(/^hook onWorkerExit 1 0 null scale/);
  cluster.kill('SIGTTOU');
  await cluster.event('refused', { what: 'scale to 0' });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('HUP replaces every worker, the new one ready before the old one goes', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '2', ...HOOKS]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  const before = JSON.parse((await get(port)).body).pid;
  cluster.kill('SIGHUP');
  await cluster.line(/^hook onReload 2 done/);
  const after = JSON.parse((await get(port)).body).pid;
  t.not(before, after);
  const order = cluster.lines.filter((line) => /^hook on(WorkerReady|WorkerExit)/.test(line)).slice(2);
  t.regex(order[0] ?? '', /onWorkerReady/);
  t.is(order.filter((line) => /onWorkerExit \d 0 null reload/.test(line)).length, 2);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('a signal that comes while workers boot is not lost', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '2', ...HOOKS, '--log-level', 'debug']);
  await cluster.event('worker-starting', { slot: 1 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('stopped', { code: 0 }).length, 1);
});

for (const app of ['http.cjs', 'http.mjs']) {
  test(`${app}: an order to stop that reaches a worker before it listens for orders is not lost`, async (t) => {
    const cluster = kfCluster(t, ['start', fixture(`apps/${app}`), '-w', '1', ...HOOKS, '--log-level', 'debug']);
    await cluster.event('worker-starting', { slot: 0 }); // forked in this very turn: Node itself is still booting in it
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(cluster.events('worker-exit', { slot: 0, code: 0, reason: 'stop' }).length, 1);
    t.deepEqual(cluster.events('worker-killed'), []);
  });
}

test('a worker that gets SIGTERM itself drains, and another takes its slot', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...HOOKS]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/^hook onWorkerReady 0/);
  const { pid } = JSON.parse((await get(port)).body);
  process.kill(pid, 'SIGTERM');
  await cluster.line(/^hook onWorkerExit 0 0 null signal/);
  await cluster.lineTimes(/^hook onWorkerReady 0/, 2);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
