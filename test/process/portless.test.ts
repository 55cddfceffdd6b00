import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { tree } from '../helpers/tree.js';

const LIMITS = ['--no-telemetry', '--max-restarts', '1', '--backoff', '1ms..2ms'];
/** Where the boot is to fail; and where all of it has to fit in, whatever else the machine does. */
const QUICK = [...LIMITS, '--boot-timeout', '400ms'];
const SLOW = [...LIMITS, '--boot-timeout', '6s'];
const AT_SIGNAL = fixture('apps/server-at-signal.cjs');

test('a queue consumer is taken as started at its boot timeout, is told so once, and can be reloaded', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/silent.cjs'), '-w', '2', ...SLOW]);
  await cluster.line(/ready: 2 workers/);
  cluster.kill('SIGHUP');
  await cluster.line(/reload: generation 2 serves/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => /taken as started; with --ready started/.test(line)).length, 1);
  t.notRegex(cluster.stderr(), /SIGKILL|error|Experimental/);
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
  await cluster.line(/ready: 1 worker/);
  await cluster.line(/taken as started/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('a worker that has made a server and does not listen has failed to boot; the error names --ready started', async (t) => {
  const cluster = kfCluster(t, ['start', AT_SIGNAL, '-w', '1', ...QUICK, '--', 'early']);
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /killing worker 0 with SIGKILL reason=boot-timeout/);
  t.regex(cluster.stderr(), /consumers have --ready started, slow ones a longer --boot-timeout/);
});

test('a postFork hook that does not end is a failed boot: the app has not come', async (t) => {
  const dir = tree(t, { 'hooks.mjs': 'export const postFork = () => new Promise((end) => setTimeout(end, 600_000));' });
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/silent.cjs'), '-w', '1', ...QUICK, '--hooks', join(dir, 'hooks.mjs')],
  ]);
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /killing worker 0 with SIGKILL reason=boot-timeout/);
});

test('a server that listens after the boot timeout is told of, and from then on a reload waits for no worker without one', async (t) => {
  const cluster = kfCluster(t, ['start', AT_SIGNAL, '-w', '1', ...SLOW]);
  const [, pid = ''] = await cluster.line(/^booted (\d+)/);
  await cluster.line(/ready: 1 worker/);
  process.kill(Number(pid), 'SIGUSR2');
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/worker 0: it listens only now, .* a reload needs a longer --boot-timeout/);
  cluster.kill('SIGHUP');
  await cluster.line(/reload: generation 2 failed in slot 0, the old one keeps serving reason=boot-timeout/);
  t.is((await get(port)).body, 'ok');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test("code for node:cluster's primary is told of once, and a worker's node:cluster is as Node made it", async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/forks-itself.mjs'), '-w', '2', '--no-telemetry']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/ready: 2 workers/);
  t.notRegex((await get(port)).body, /fork/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const told = cluster.lines.filter((line) => /forks-itself\.mjs:5 asks for node:cluster's primary/.test(line));
  t.is(told.length, 1);
});
