import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

const HOOKS = ['--no-telemetry', '--hooks', fixture('hooks/all.mjs')];

test('an app that throws at boot costs at most six forks, shows its error once and exits 70', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/throws.cjs'), '-w', '4', '--log-level', 'debug']);
  t.is((await cluster.exit).code, 70);
  t.true(cluster.events('worker-starting').length <= 6);
  t.is(cluster.stderr().split('Error: this app throws at boot').length - 1, 1);
  t.regex(cluster.stderr(), /error FIRST_GENERATION_FAILED/);
  t.is(cluster.stdout(), '');
});

for (const [path, expected] of [
  ['/exit', /^hook onWorkerExit 0 3 null crash/],
  ['/throw', /^hook onWorkerExit 0 1 null crash/],
] as const) {
  test(`a worker that ends by ${path} is replaced`, async (t) => {
    const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', ...HOOKS]);
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.line(/^hook onWorkerReady 0/);
    await get(port, path).catch((error) => t.is(error.code, 'ECONNRESET'));
    await cluster.line(expected);
    await cluster.lineTimes(/^hook onWorkerReady 0/, 2);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  });
}

test('a killed worker is replaced, with its signal as the reason', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '2', ...HOOKS]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.lineTimes(/^hook onWorkerReady/, 2);
  process.kill(JSON.parse((await get(port)).body).pid, 'SIGKILL');
  await cluster.line(/^hook onWorkerExit \d null SIGKILL killed/);
  await cluster.lineTimes(/^hook onWorkerReady/, 3);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('a crash loop gives the slot up and exits 70', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/fast-exit.cjs'), '-w', '1', '--no-telemetry'],
    ...['--max-restarts', '3', '--backoff', '1ms..5ms'],
  ]);
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /error CRASH_LOOP/);
  t.is(cluster.events('worker-exit', { slot: 0, code: 5 }).length, 4);
});

test('a worker that never becomes ready is killed at its boot timeout, as a failed boot', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/silent.cjs'), '-w', '1', '--no-telemetry', '--hooks', fixture('hooks/all.mjs')],
    ...['--ready', 'listening', '--boot-timeout', '400ms', '--max-restarts', '1', '--backoff', '1ms..2ms'],
  ]);
  t.is((await cluster.exit).code, 70);
  t.true(cluster.lines.filter((line) => /^hook onWorkerExit 0 null SIGKILL boot-timeout/.test(line)).length >= 2);
  t.true(cluster.events('not-ready-in-time', { slot: 0 }).length > 0);
});
