import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';

const JOB = ['start', fixture('apps/job.cjs'), '--no-telemetry', '--ready', 'started'];

test('--restart never: jobs that end well are done, and the supervisor with the last one, with 0', async (t) => {
  const cluster = kfCluster(t, [...JOB, '-w', '2', '--restart', 'never', '--', '0']);
  t.is((await cluster.exit).code, 0);
  t.deepEqual(cluster.lines.filter((line) => line.startsWith('job ran')).sort(), [
    'job ran in slot 0',
    'job ran in slot 1',
  ]);
  t.is(cluster.events('slot-ended', { outcome: 'done' }).length, 2);
  t.is(cluster.events('all-ended', { failed: 0 }).length, 1);
  t.notRegex(cluster.stderr(), /error/);
});

test('a job that fails is not run again either: exit code 1, with the reason', async (t) => {
  const cluster = kfCluster(t, [...JOB, '-w', '1', '--restart', 'never', '--', '4']);
  t.is((await cluster.exit).code, 1);
  t.is(cluster.lines.filter((line) => line.startsWith('job ran')).length, 1);
  t.is(cluster.events('worker-exit', { slot: 0, code: 4 }).length, 1);
  t.regex(cluster.stderr(), /^error APP_FAILED/m);
});

test('--restart on-failure: a job that fails is run again, and given up as any crash loop', async (t) => {
  const limits = ['--max-restarts', '2', '--backoff', '1ms..2ms'];
  const cluster = kfCluster(t, [...JOB, '-w', '1', '--restart', 'on-failure', ...limits, '--', '4']);
  t.is((await cluster.exit).code, 70);
  t.is(cluster.lines.filter((line) => line.startsWith('job ran')).length, 3);
});

test('--stop-exit-codes: a slot is done with such a code, the others serve on, and a reload fills it again', async (t) => {
  const args = ['start', fixture('apps/http.cjs'), '-w', '2', '--no-telemetry', '--stop-exit-codes', '3,9'];
  const cluster = kfCluster(t, args);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  await get(port, '/exit').catch((error) => t.is(error.code, 'ECONNRESET'));
  await cluster.event('slot-ended', { outcome: 'done' });
  cluster.kill('SIGHUP');
  await cluster.event('reload-done', { generation: 2 });
  await get(port, '/throw').catch((error) => t.is(error.code, 'ECONNRESET'));
  await cluster.eventTimes('worker-ready', 5);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('--cron-restart runs a job again that is done: the supervisor waits for the next time', async (t) => {
  const cluster = kfCluster(t, [...JOB, '-w', '1', '--restart', 'never', '--cron-restart', '* * * * * *', '--', '0']);
  await cluster.lineTimes(/^job ran in slot 0/, 3);
  await cluster.event('lingering');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('--shutdown-message: the app is told of its stop by a message, and its signal handlers are not run', async (t) => {
  const args = ['start', fixture('drain/told.cjs'), '-w', '1', '--no-telemetry', '--shutdown-message'];
  const cluster = kfCluster(t, [...args, '--hooks', fixture('hooks/all.mjs'), '--drain-timeout', '10m']);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => line === 'told to shut down').length, 1);
  t.is(cluster.lines.filter((line) => line.startsWith('got SIG')).length, 0);
  t.is(cluster.lines.filter((line) => /^hook onWorkerExit 0 7 null stop/.test(line)).length, 1);
});

test('--shutdown-message with an app that does not listen for it: the drain alone ends it', async (t) => {
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--shutdown-message'];
  const cluster = kfCluster(t, [...args, '--drain-timeout', '10m']);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
