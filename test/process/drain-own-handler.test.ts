import test from 'ava';
import { fixture, kfCluster, type Running } from '../helpers/cluster.js';
import '../helpers/json-log.js';

const HOOKS = ['--no-telemetry', '--hooks', fixture('hooks/all.mjs')];

async function stopped(t: Parameters<typeof kfCluster>[0], how: string, flags: readonly string[]): Promise<Running> {
  const args = ['start', fixture('drain/own-handler.cjs'), '-w', '1', ...HOOKS, ...flags];
  const cluster = kfCluster(t, args, { env: { HOW: how } });
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  return cluster;
}

for (const how of ['callback', 'promise', 'natural', 'consumer']) {
  test(`${how}: the app's own handler ends its work before the preShutdown hooks and the exit`, async (t) => {
    const ready = how === 'consumer' ? ['--ready', 'message'] : [];
    const { lines } = await stopped(t, how, ['--drain-timeout', '10m', ...ready]);
    t.is(lines.filter((line) => line === 'work done').length, 1);
    t.true(lines.indexOf('work done') < lines.findIndex((line) => line.startsWith('hook preShutdown')));
    t.is(lines.filter((line) => /^hook onWorkerExit 0 7 null stop/.test(line)).length, 1);
  });
}

test("a handler that throws is an error in the log and in the worker's exit code; the drain goes on", async (t) => {
  const { lines } = await stopped(t, 'throws', ['--drain-timeout', '10m']);
  t.true(lines.some((line) => /the app's own shutdown handler failed.*thrown in/.test(line)));
  t.is(lines.filter((line) => line.startsWith('hook preShutdown A')).length, 1);
  t.is(lines.filter((line) => /^hook onWorkerExit 0 1 null stop/.test(line)).length, 1);
});

test('a handler that never ends the process is bounded by the drain timeout', async (t) => {
  const { lines, events } = await stopped(t, 'never', ['--drain-timeout', '300ms']);
  t.is(lines.filter((line) => line.startsWith('hook preShutdown A')).length, 1);
  t.deepEqual(events('worker-killed'), []);
});
