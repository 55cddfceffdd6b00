import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';

const HOOKS = ['--no-telemetry', '--hooks', fixture('hooks/all.mjs')];

test('TTIN adds a worker, TTOU takes one away, and the last one stays', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...HOOKS]);
  await cluster.line(/ready: 1 worker/);
  cluster.kill('SIGTTIN');
  await cluster.line(/^hook onScale 1 2/);
  await cluster.line(/^hook onWorkerReady 1/);
  cluster.kill('SIGTTOU');
  await cluster.line(/^hook onWorkerExit 1 0 null scale/);
  cluster.kill('SIGTTOU');
  await cluster.line(/scale to 0 refused/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('HUP replaces every worker, the new one ready before the old one goes', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '2', ...HOOKS]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/ready: 2 workers/);
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
  await cluster.line(/worker 1 starting/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.regex(cluster.stderr(), /stopped code=0/);
});

for (const app of ['http.cjs', 'http.mjs']) {
  test(`${app}: an order to stop that reaches a worker before it listens for orders is not lost`, async (t) => {
    const cluster = kfCluster(t, ['start', fixture(`apps/${app}`), '-w', '1', ...HOOKS, '--log-level', 'debug']);
    await cluster.line(/worker 0 starting/); // forked in this very turn: Node itself is still booting in it
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.regex(cluster.stderr(), /worker 0 exited with code 0 reason=stop/);
    t.notRegex(cluster.stderr(), /SIGKILL/);
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
