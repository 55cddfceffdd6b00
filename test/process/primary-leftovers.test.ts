import test from 'ava';
import { fixture, kfCluster, NODE, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';

const START = [
  'start',
  fixture('apps/http.cjs'),
  '-w',
  '1',
  '--no-telemetry',
  '--hooks',
  fixture('hooks/leaves-open.mjs'),
];

for (const left of ['server', 'timer']) {
  test(`a primary hook that leaves a ${left} open does not keep a stopped supervisor alive; all of its output is read`, async (t) => {
    const cluster = kfCluster(t, START, { env: { KF_LEAVES: left } });
    await cluster.ready(1);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.deepEqual(cluster.lines.slice(-2), ['x'.repeat(200_000), 'hook onExit']);
  });
}

test('the exit code of a cluster that gave up is the same with a server left open', async (t) => {
  const args = ['start', fixture('apps/throws.cjs'), ...START.slice(2)];
  const cluster = kfCluster(t, args, { env: { KF_LEAVES: 'server' } });
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /error FIRST_GENERATION_FAILED/);
});

test('an onExit that never ends is cut, and said to be', async (t) => {
  const cluster = kfCluster(t, START, { env: { KF_LEAVES: 'never' } });
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const [failed] = cluster.events('hook-failed', { hook: 'onExit' });
  t.regex(`${failed?.source} ${failed?.error}`, /leaves-open\.mjs .*did not end within 5000 ms/);
});

test('a promise that a primary hook left behind and that is rejected ends nothing, and is told', async (t) => {
  const cluster = kfCluster(t, START, { env: { KF_LEAVES: 'rejection' } });
  await cluster.line(/a late rejection/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.regex(cluster.stderr(), /hook onExit|"event":"stopped","code":0/);
});

test('a primary hook that calls process.exit(0) is named, and the code is that of a failure', async (t) => {
  const cluster = kfCluster(t, START, { env: { KF_LEAVES: 'exit' } });
  t.is((await cluster.exit).code, 1);
  t.regex(
    cluster.stderr(),
    /error HOOK_FAILED: process\.exit\(0\) was called in the supervisor\n {2}why: .*leaves-open\.mjs/,
  );
});

test("in code the process is the user's: it lives on after the cluster", async (t) => {
  const program = watch(t, NODE, [fixture('apps/lives-on.mjs')]);
  await program.line(/^stopped 0$/);
  await program.line(/^lives on$/);
  t.is((await program.exit).code, 0);
});
