import test, { type ExecutionContext } from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { BIN, fixture } from '../helpers/cluster.js';
import { answersUntilRefused, get } from '../helpers/http.js';
import { startPm2 } from '../helpers/pm2.js';
import { load, serverSpans } from '../helpers/pm2-load.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

/** pm2 runs kf-cluster: one supervisor in fork mode, as in ecosystem.example.js. */
async function start(t: ExecutionContext, more: object = {}, flags = '--drain-timeout 10s --flush-timeout 3s') {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  const pm2 = startPm2(t);
  const args = `start ${fixture('apps/http.cjs')} -w 2 ${flags}`;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, KF_CLUSTER_LOG_FORMAT: 'json' };
  const fork = { name: 'web', script: BIN, args, exec_mode: 'fork', wait_ready: true, kill_timeout: 15_000, env };
  await pm2.start([{ ...fork, ...more }]);
  await pm2.event('web', 'all-ready', { workers: 2 });
  const [, port = ''] = await pm2.logged('web', 'out', /listening (\d+)/);
  return { pm2, port, store };
}

for (const [what, more] of [
  ['SIGINT to the whole tree', {}],
  ['SIGINT to the supervisor alone', { treekill: false }],
  ['the shutdown message', { shutdown_with_message: true }],
] as const) {
  test.serial(`${what}: one orderly stop, the request in flight answered, no span lost`, async (t) => {
    const { pm2, port, store } = await start(t, more);
    const held = get(port, '/hold');
    const [, pid] = await pm2.logged('web', 'out', /holding (\d+)/);
    const stopped = pm2.run('stop', 'web');
    const others = await answersUntilRefused(port);
    process.kill(Number(pid), 'SIGUSR2');
    t.is((await held).body, 'released');
    await stopped;
    t.is(serverSpans(store).length, others + 1);
    await pm2.event('web', 'stopped', { code: 0 });
    t.deepEqual(
      pm2.events('web', 'stopping').map(({ force }) => force),
      [1],
      'one stop, a graceful one',
    );
    t.is(pm2.events('web', 'stopped').length, 1);
    t.deepEqual(pm2.events('web', 'worker-killed'), []);
  });
}

test.serial(
  'a request that never ends is cut before kill_timeout: pm2 need not kill, the other spans arrive',
  async (t) => {
    const { pm2, port, store } = await start(t, { kill_timeout: 8_000 }, '--drain-timeout 500ms --flush-timeout 1s');
    for (let i = 0; i < 20; i += 1) await get(port);
    const held = t.throwsAsync(get(port, '/hold'));
    await pm2.logged('web', 'out', /holding/);
    await pm2.run('stop', 'web');
    await held;
    await pm2.event('web', 'stopped', { code: 0 });
    t.true(serverSpans(store).length >= 20);
  },
);

test.serial('pm2 sendSignal SIGHUP reloads without a gap', async (t) => {
  const { pm2, port, store } = await start(t);
  const clients = load(port, 4);
  await pm2.run('sendSignal', 'SIGHUP', 'web');
  await pm2.logged('web', 'error', /generation 2 serves/);
  const { answered, failed } = await clients.stop();
  await pm2.run('stop', 'web');
  t.log(`${answered} answered, ${failed.length} failed, ${serverSpans(store).length} spans`);
  t.deepEqual(failed, []);
  t.is(serverSpans(store).length, answered);
});

test.serial('pm2 restart loses nothing but the gap: no request that a worker has accepted is lost', async (t) => {
  const { pm2, port, store } = await start(t);
  const clients = load(port, 4);
  await pm2.run('restart', 'web');
  const { answered, failed } = await clients.stop();
  await pm2.run('stop', 'web');
  t.log(`${answered} answered, ${failed.length} refused, ${serverSpans(store).length} spans`);
  // Reset: still in the kernel's queue when nobody listened any more. No worker has seen those, as the spans show.
  const others = failed.filter((code) => code !== 'ECONNREFUSED' && code !== 'ECONNRESET');
  t.deepEqual(others, []);
  t.is(serverSpans(store).length, answered);
});
