import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture } from '../helpers/cluster.js';
import { answersUntilRefused, get } from '../helpers/http.js';
import { startPm2 } from '../helpers/pm2.js';
import { load, serverSpans } from '../helpers/pm2-load.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

const PRELOAD = fileURLToPath(new URL('../../bundle/pm2.js', import.meta.url));
const RELOADS = 10;

async function collector(t: ExecutionContext) {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  return { store, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl } };
}

function app(env: object, more: object = {}) {
  const script = fixture('apps/http.cjs');
  const preload = { node_args: ['--import', PRELOAD] };
  return {
    name: 'web',
    script,
    instances: 2,
    exec_mode: 'cluster',
    kill_timeout: 8_000,
    wait_ready: true,
    env,
    ...preload,
    ...more,
  };
}

test.serial('ten reloads of a careless app in pm2 cluster mode: no request and no span is lost', async (t) => {
  const { store, env } = await collector(t);
  const pm2 = startPm2(t);
  await pm2.start([app({ ...env, OTEL_SERVICE_NAME: 'from-pm2' })]);
  const [, port = ''] = await pm2.logged('web', 'out', /listening (\d+)/);
  const clients = load(port, 4);
  for (let i = 0; i < RELOADS; i += 1) await pm2.run('reload', 'web');
  const { answered, failed } = await clients.stop();
  await pm2.run('stop', 'web');
  t.log(`${answered} answered, ${failed.length} failed, ${serverSpans(store).length} spans`);
  t.deepEqual(failed, []);
  t.is(serverSpans(store).length, answered, 'one server span for each request');
  const resources = new Set(store.spans().map((span) => span.resource.attributes['service.instance.id']));
  t.is(resources.size, new Set(store.counts().workers.map((worker) => worker.pid)).size);
  t.is(store.spans()[0]?.resource.attributes['service.name'], 'from-pm2');
});

test.serial('the same app without the preload loses requests: what the preload is for', async (t) => {
  const pm2 = startPm2(t);
  await pm2.start([app({}, { node_args: [], wait_ready: false })]);
  const [, port = ''] = await pm2.logged('web', 'out', /listening (\d+)/);
  const clients = load(port, 4);
  for (let i = 0; i < RELOADS; i += 1) await pm2.run('reload', 'web');
  const { answered, failed } = await clients.stop();
  t.log(`${answered} answered, ${failed.length} failed`);
  t.true(failed.length > 0);
});

for (const [what, more] of [
  ['its SIGINT', {}],
  ['its shutdown message', { shutdown_with_message: true }],
] as const) {
  test.serial(`a request in flight is answered when pm2 stops a worker by ${what}`, async (t) => {
    const { store, env } = await collector(t);
    const pm2 = startPm2(t);
    await pm2.start([app(env, { instances: 1, ...more })]);
    const [, port = ''] = await pm2.logged('web', 'out', /listening (\d+)/);
    const held = get(port, '/hold');
    await pm2.logged('web', 'out', /holding/);
    const [pid] = await pm2.pids();
    const stopped = pm2.run('stop', 'web');
    const others = await answersUntilRefused(port);
    process.kill(pid!, 'SIGUSR2'); // the app answers what it holds
    t.is((await held).body, 'released');
    await stopped;
    t.is(serverSpans(store).length, others + 1);
  });
}

test.serial("pm2's shutdown message reaches the app once, and its signal handlers are not run", async (t) => {
  const pm2 = startPm2(t);
  const told = { script: fixture('drain/told.cjs'), instances: 1, shutdown_with_message: true };
  await pm2.start([app({ OTEL_TRACES_EXPORTER: 'none' }, told)]);
  await pm2.run('stop', 'web');
  await pm2.logged('web', 'out', /told to shut down\n/);
  t.regex(pm2.log('web', 'out'), /^listening \d+\ntold to shut down\n$/);
});

test.serial('a hook that fails ends the boot, with its error in the log of pm2', async (t) => {
  const pm2 = startPm2(t);
  await pm2.start([app({ KF_CLUSTER_HOOKS: fixture('hooks/broken.mjs') }, { autorestart: false, wait_ready: false })]);
  await t.notThrowsAsync(pm2.logged('web', 'error', /error HOOK/));
});
