import test, { type ExecutionContext } from 'ava';
import { BIN, fixture, isAlive, NODE, type Running, watch } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { until } from '../helpers/spool.js';

/** A primary in which something is thrown at SIGWINCH. */
async function start(t: ExecutionContext, env: Record<string, string>): Promise<Running & { port: string }> {
  const flags = ['-w', '1', '--no-telemetry', '--name', 'thrown'];
  const args = ['--require', fixture('faults/throws-late.cjs'), BIN, 'start', fixture('apps/http.cjs'), ...flags];
  const cluster = watch(t, NODE, args, { env });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/ready: 1 worker/);
  return { ...cluster, port };
}

test('an error of the system that nobody guards against is told once and lived with', async (t) => {
  const cluster = await start(t, {});
  cluster.kill('SIGWINCH');
  await cluster.line(/the system refused a call, and the supervisor goes on: ENOENT.*\/nowhere\/at\/all.*fix=/);
  cluster.kill('SIGWINCH');
  t.is((await get(cluster.port)).status, 200);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => line.includes('the system refused')).length, 1);
});

test('a mistake that nobody guards against is named and ends the supervisor, and its workers end by themselves', async (t) => {
  const cluster = await start(t, { MISTAKE: '1' });
  const worker: number = JSON.parse((await get(cluster.port)).body).pid;
  t.true(isAlive(worker));
  cluster.kill('SIGWINCH');
  t.is((await cluster.exit).code, 1);
  t.regex(cluster.stderr(), /^error INTERNAL: unexpected failure$/m);
  await until(() => !isAlive(worker));
});
