import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { tree } from '../helpers/tree.js';

const LIMITS = ['--no-telemetry', '--max-restarts', '1', '--backoff', '1ms..2ms'];
/** Where the boot is to fail; and where all of it has to fit in, whatever else the machine does. */
const QUICK = [...LIMITS, '--boot-timeout', '400ms'];
const SLOW = [...LIMITS, '--boot-timeout', '6s'];
/** No test lives that long: what is ready is so by itself. */
const SETTLED = [...LIMITS, '--ready', 'settled', '--boot-timeout', '10m'];
const AT_SIGNAL = fixture('apps/server-at-signal.cjs');

test('a queue consumer is taken as started at its boot timeout, is told so once, and can be reloaded', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/silent.cjs'), '-w', '2', ...SLOW]);
  await cluster.ready(2);
  cluster.kill('SIGHUP');
  await cluster.event('reload-done', { generation: 2 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('portless').length, 1);
  t.deepEqual(cluster.events('worker-killed'), []);
  t.notRegex(cluster.stderr(), /"level":"error"|Experimental/);
});

test('--ready settled takes a queue consumer as started long before its boot timeout, at a reload too, and warns of nothing', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/silent.cjs'), '-w', '2', ...SETTLED]);
  const { level } = await cluster.event('portless');
  t.is(level, 'info');
  await cluster.ready(2);
  cluster.kill('SIGHUP');
  await cluster.event('reload-done', { generation: 2 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.notRegex(cluster.stderr(), /"level":"(error|warn)"/);
});

test('--ready settled: who has made a server is waited for; one that ends before is a failed boot', async (t) => {
  const made = kfCluster(t, ['start', AT_SIGNAL, '-w', '1', ...SETTLED, '--boot-timeout', '4s', '--', 'early']);
  t.is((await made.exit).code, 70, 'never taken for ready');
  await made.event('worker-killed', { slot: 0, reason: 'boot-timeout' });
  const crash = kfCluster(t, ['start', fixture('apps/throws.cjs'), '-w', '1', ...SETTLED]);
  t.is((await crash.exit).code, 70);
});

test('with telemetry too, which loads what can serve and serves nobody', async (t) => {
  const cluster = kfCluster(t, [
    'start',
    fixture('apps/silent.cjs'),
    '-w',
    '1',
    '--boot-timeout',
    '6s',
    '--traces-exporter',
    'none',
  ]);
  await cluster.ready(1);
  await cluster.event('portless', { slot: 0 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('a worker that has made a server and does not listen has failed to boot; the error names --ready started', async (t) => {
  const cluster = kfCluster(t, ['start', AT_SIGNAL, '-w', '1', ...QUICK, '--', 'early']);
  t.is((await cluster.exit).code, 70);
  t.true(cluster.events('worker-killed', { slot: 0, reason: 'boot-timeout' }).length > 0);
  t.true(cluster.events('not-ready-in-time', { slot: 0 }).length > 0);
  t.regex(cluster.stderr(), /give a job or queue consumer --ready started, a slow app a longer --boot-timeout/);
});

test('a postFork hook that does not end is a failed boot: the app has not come', async (t) => {
  const dir = tree(t, { 'hooks.mjs': 'export const postFork = () => new Promise((end) => setTimeout(end, 600_000));' });
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/silent.cjs'), '-w', '1', ...QUICK, '--hooks', join(dir, 'hooks.mjs')],
  ]);
  t.is((await cluster.exit).code, 70);
  t.true(cluster.events('worker-killed', { slot: 0, reason: 'boot-timeout' }).length > 0);
});

test('a server that listens after the boot timeout is told of, and from then on a reload waits for no worker without one', async (t) => {
  const cluster = kfCluster(t, ['start', AT_SIGNAL, '-w', '1', ...SLOW]);
  const [, pid = ''] = await cluster.line(/^booted (\d+)/);
  await cluster.ready(1);
  process.kill(Number(pid), 'SIGUSR2');
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.event('late-server', { slot: 0 });
  cluster.kill('SIGHUP');
  await cluster.event('reload-failed', { generation: 2, slot: 0, reason: 'boot-timeout' });
  t.is((await get(port)).body, 'ok');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test("code for node:cluster's primary is told of once, and a worker's node:cluster is as Node made it", async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/forks-itself.mjs'), '-w', '2', '--no-telemetry']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  t.notRegex((await get(port)).body, /fork/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const told = cluster.events('wants-primary');
  t.deepEqual([told.length, told[0]?.msg.includes('forks-itself.mjs:5')], [1, true]);
});
