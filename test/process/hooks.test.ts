import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';

test('postFork runs in order of registration, preShutdown in reverse; one that throws stops nobody', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/http.cjs'), '-w', '1', '-n', 'http', '--no-telemetry'],
    ...['--hooks', fixture('hooks/all.mjs'), '--hooks', fixture('hooks/second.mjs')],
  ]);
  await cluster.line(/^hook onReady http 1/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const said = cluster.lines.filter((line) => line.startsWith('hook '));
  t.deepEqual(said, [
    'hook onStarting 1',
    'hook postFork A 0 slot-0 true',
    'hook postFork B',
    ...said.slice(3, 5).toSorted(),
    'hook preShutdown B',
    'hook preShutdown A 0 stop',
    'hook onWorkerExit 0 0 null stop',
    'hook onExit 0',
  ]);
  t.deepEqual(said.slice(3, 5).toSorted(), ['hook onReady http 1', 'hook onWorkerReady 0']);
  const [failed] = cluster.events('hook-failed', { hook: 'preShutdown' });
  t.regex(`${failed?.source} ${failed?.error}`, /second\.mjs .*B is broken/);
});

test('a postFork that throws is a failed boot with that error', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/http.cjs'), '-w', '2', '--no-telemetry'],
    ...['--hooks', fixture('hooks/broken.mjs')],
  ]);
  t.is((await cluster.exit).code, 70);
  t.is(cluster.stderr().split('error HOOK_FAILED: postFork of').length - 1, 1);
  t.regex(cluster.stderr(), /no database/);
  t.is(cluster.stdout(), '', 'the app must not start');
});

test('a preShutdown that hangs is cut at its deadline, and the hooks behind it still run', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--drain-timeout', '300ms'],
    ...['--hooks', fixture('hooks/all.mjs'), '--hooks', fixture('hooks/hangs.mjs')],
  ]);
  await cluster.line(/^hook onReady/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.deepEqual(
    cluster.events('hook-failed').map(({ hook, source }) => [hook, source]),
    [['preShutdown', fixture('hooks/hangs.mjs')]],
  );
  t.true(cluster.lines.includes('hook preShutdown A 0 stop'));
});
