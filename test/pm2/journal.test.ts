import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { BIN, fixture } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { startPm2 } from '../helpers/pm2.js';
import { serverSpans } from '../helpers/pm2-load.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

// pm2 sends SIGKILL at kill_timeout to what has not gone by then. With the journal the spans that ended before are on
// disk, and whoever starts next sends them.
const PRELOAD = fileURLToPath(new URL('../../bundle/pm2.js', import.meta.url));
const REQUESTS = 20;
const kill_timeout = 500;

async function collector(t: ExecutionContext) {
  const store = createStore();
  let check: () => void = () => undefined;
  const onTraces = (spans: Parameters<typeof store.add>[0]) => {
    store.add(spans);
    check();
  };
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces });
  t.teardown(() => receiver.close());
  const all = () =>
    new Promise<void>((resolve) => {
      check = () => {
        if (serverSpans(store).length >= REQUESTS) resolve();
      };
      check();
    });
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
    KF_CLUSTER_DELIVERY: 'journal',
    KF_CLUSTER_LOG_FORMAT: 'json',
  };
  return { store, env, all, receiver };
}

async function askAndHold(pm2: ReturnType<typeof startPm2>): Promise<void> {
  const [, port = ''] = await pm2.logged('web', 'out', /listening (\d+)/);
  for (let i = 0; i < REQUESTS; i += 1) await get(port);
  get(port, '/hold').catch(() => undefined); // cut by the SIGKILL
  await pm2.logged('web', 'out', /holding (\d+)/);
}

test.serial(
  'pm2 runs kf-cluster: after a SIGKILL of the whole tree the next start sends every ended span',
  async (t) => {
    const { store, env, all, receiver } = await collector(t);
    const pm2 = startPm2(t);
    const args = `start ${fixture('apps/http.cjs')} -w 1 --drain-timeout 10m`;
    await pm2.start([{ name: 'web', script: BIN, args, exec_mode: 'fork', wait_ready: true, kill_timeout, env }]);
    await receiver.pause(); // so that nothing is delivered before the kill
    await askAndHold(pm2);
    await pm2.run('stop', 'web');
    await pm2.event('web', 'all-ready', { workers: 1 });
    t.deepEqual(pm2.events('web', 'stopped'), [], 'killed');
    t.is(serverSpans(store).length, 0);
    await receiver.resume();
    await pm2.run('start', 'web');
    await all();
    t.is(serverSpans(store).length, REQUESTS);
  },
);

test.serial("pm2's own cluster mode: a worker that is killed leaves its journal to the next one", async (t) => {
  const { store, env, all, receiver } = await collector(t);
  const pm2 = startPm2(t);
  const form = { exec_mode: 'cluster', instances: 1, node_args: ['--import', PRELOAD] };
  const limits = { kill_timeout, env: { ...env, KF_CLUSTER_DRAIN_TIMEOUT: '10m' } };
  await pm2.start([{ name: 'web', script: fixture('apps/http.cjs'), wait_ready: true, ...form, ...limits }]);
  await receiver.pause();
  await askAndHold(pm2);
  await pm2.run('restart', 'web');
  t.is(serverSpans(store).length, 0);
  await receiver.resume();
  await all();
  t.is(serverSpans(store).length, REQUESTS);
});
