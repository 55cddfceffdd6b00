import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

const OURS = { cmd: 'NODE_KF_CLUSTER' };
const BAD = [
  { ...OURS, 'kf-cluster': 5 },
  { ...OURS, 'kf-cluster': null },
  { ...OURS, 'kf-cluster': [] },
  { ...OURS, 'kf-cluster': { type: 'flushed', spans: {} } },
  { ...OURS, 'kf-cluster': { type: 'stats', request: 1, answer: 3 } },
  { ...OURS, 'kf-cluster': { type: 'metrics', request: 1, answer: { a: 1 } } },
  { ...OURS, 'kf-cluster': { type: 'ready', how: 7 } },
];

test('messages of the app in our own envelope are dropped, counted and told of once', async (t) => {
  // The same without our `cmd` is the app's own business.
  const all = [...BAD, ...BAD.map(({ cmd: _, ...rest }) => rest)];
  const cluster = kfCluster(
    t,
    ['start', fixture('faults/sends.cjs'), '-w', '1', '--no-telemetry', '--admin-port', '0'],
    { env: { MESSAGES: JSON.stringify(all) } },
  );
  const { port: admin } = await cluster.event('health-port');
  await cluster.ready(1);
  await cluster.line(/^all sent/);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  t.is((await get(port)).body, 'well');
  await cluster.event('unknown-message', { slot: 0, type: '5' });
  t.regex((await get(admin, '/metrics')).body, new RegExp(`^kf_cluster_bad_messages_total ${BAD.length}$`, 'm'));
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('unknown-message').length, 1);
});
