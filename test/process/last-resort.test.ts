import test, { type ExecutionContext } from 'ava';
import { BIN, fixture, NODE, type Running, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';

/** A primary in which something is thrown at SIGWINCH. */
async function start(
  t: ExecutionContext,
  env: Record<string, string>,
): Promise<Running & { port: string; admin: number }> {
  const flags = ['-w', '1', '--no-telemetry', '--name', 'thrown', '--admin-port', '0'];
  const args = ['--require', fixture('faults/throws-late.cjs'), BIN, 'start', fixture('apps/http.cjs'), ...flags];
  const cluster = watch(t, NODE, args, { env });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const { port: admin } = await cluster.event('health-port');
  await cluster.ready(1);
  return { ...cluster, port, admin };
}

test('an error of the system that nobody guards against is told once and lived with', async (t) => {
  const cluster = await start(t, {});
  cluster.kill('SIGWINCH');
  t.regex(`${(await cluster.event('supervisor-goes-on', { where: 'system', code: 'ENOENT' })).fix}`, /./);
  cluster.kill('SIGWINCH');
  t.is((await get(cluster.port)).status, 200);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('supervisor-goes-on').length, 1);
});

test('a mistake that nobody guards against is told once with its stack, counted and lived with', async (t) => {
  const cluster = await start(t, { MISTAKE: '1' });
  cluster.kill('SIGWINCH');
  t.regex(`${(await cluster.event('supervisor-goes-on', { where: 'uncaught' })).error}`, /throws-late\.cjs/);
  cluster.kill('SIGWINCH');
  while (!/^kf_cluster_primary_errors_total 2$/m.test((await get(cluster.admin, '/metrics')).body));
  t.is((await get(cluster.port)).status, 200);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('supervisor-goes-on').length, 1);
});
