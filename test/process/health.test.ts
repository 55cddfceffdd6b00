import test from 'ava';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';

const START = ['start', fixture('apps/http.cjs'), '--no-telemetry', '--admin-port', '0'];

test('probes and metrics; counters outlive their workers', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '2', '--canary-time', '0']);
  const { port: admin } = await cluster.event('health-port', { host: '127.0.0.1' });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  for (const path of ['/livez', '/readyz', '/startupz']) t.is((await get(admin, path)).status, 200, path);
  t.is((await get(admin, '/nothing')).status, 404);
  for (let i = 0; i < 5; i++) await get(port);
  t.is((await run('reload')).code, 0);
  await get(port);
  const { body } = await get(admin, '/metrics');
  for (const line of [
    'kf_cluster_workers{phase="ready"} 2',
    'kf_cluster_generation 2',
    'kf_cluster_requests_total 6',
    'kf_cluster_worker_exits_total{reason="reload"} 2',
    'kf_cluster_reloads_total{outcome="done"} 1',
    'kf_cluster_spans_total{state="dropped",cause="expired"} 0',
  ]) {
    t.true(body.includes(`${line}\n`), `${line}\n${body}`);
  }
  t.regex(body, /^kf_cluster_event_loop_delay_p99_seconds\{slot="0",generation="2"\} \d/m);
});

test('before the first worker is ready the start-up and readiness probes say so', async (t) => {
  const { start } = session(t);
  const cluster = start(['start', fixture('apps/silent.cjs'), '--no-telemetry', '--admin-port', '0', '-w', '1']);
  const { port: admin } = await cluster.event('health-port');
  await cluster.line(/^booted/);
  t.is((await get(admin, '/livez')).status, 200);
  t.is((await get(admin, '/readyz')).status, 503);
  t.is((await get(admin, '/startupz')).status, 503);
});

test('--drain-delay: not ready at SIGTERM, but workers accept until it is over; a stop by hand ends it', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '1', '--drain-delay', '1h']);
  const { port: admin } = await cluster.event('health-port');
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  await cluster.event('leaving');
  t.is((await get(admin, '/readyz')).status, 503);
  t.is((await get(port)).status, 200);
  const status = await run('status', '--json');
  t.like(JSON.parse(status.stdout), { phase: 'leaving', leaving: true });
  for (const order of [['scale', '2'], ['reload'], ['restart', '0']]) {
    const { code, stderr } = await run(...order);
    t.is(code, 75, order.join(' '));
    t.regex(stderr, /BUSY: .*\n.*the cluster is (stopping|leaving)/, order.join(' '));
  }
  cluster.kill('SIGINT');
  t.is((await cluster.exit).code, 0);
});

test('--drain-delay ends by itself', async (t) => {
  const { start } = session(t);
  const cluster = start([...START, '-w', '1', '--drain-delay', '10ms']);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('an admin port that is taken is refused before a fork', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '1']);
  const { port: admin } = await cluster.event('health-port');
  const second = await run('start', fixture('apps/http.cjs'), '--name', 'other', '--admin-port', String(admin));
  t.is(second.code, 1);
  t.regex(second.stderr, /PORT_IN_USE: cannot listen on --admin-port/);
  t.false(second.stderr.includes('starting'));
});
