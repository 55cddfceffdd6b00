import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { BIN, fixture, kfCluster, NODE, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

const OTHER = `--require ${fixture('injected/other.cjs')}`;
const APP = ['start', fixture('injected/app.cjs'), '-w', '2'];

for (const [how, sdk] of [
  ['--require', 'sdk.cjs'],
  ['--import', 'sdk.mjs'],
] as const) {
  test(`an SDK injected by NODE_OPTIONS ${how}: the primary has none, each worker ours, each span comes once`, async (t) => {
    const store = createStore();
    const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
    t.teardown(() => receiver.close());
    const cluster = kfCluster(t, APP, {
      env: {
        NODE_OPTIONS: `${OTHER} ${how}=${fixture(`injected/${sdk}`)}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl,
        OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=pod-1,k8s.pod.name=shop-7',
      },
    });
    await cluster.event('injected-sdk', { stays: false, protocol: 'http/protobuf' });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(2);
    const answers = await Promise.all(Array.from({ length: 40 }, () => get(port)));
    cluster.kill('SIGTERM');
    t.deepEqual(await cluster.exit, { code: 0, signal: null });
    t.is(cluster.events('stopped', { code: 0 }).length, 1, 'its own handler did not end the primary');
    const bodies = answers.map(({ body }) => JSON.parse(body));
    t.true(
      bodies.every(({ other, options }) => other && options === OTHER),
      'other preloads stay',
    );
    const spans = store.spans();
    t.is(spans.filter(({ kind }) => kind === 'server').length, 40);
    const { workers, duplicates } = store.counts();
    t.is(duplicates, 0);
    t.is(workers.length, new Set(bodies.map(({ pid }) => pid)).size, 'one service.instance.id a worker');
    t.true(spans.every(({ resource }) => resource.attributes['k8s.pod.name'] === 'shop-7'));
  });
}

test('an SDK injected by a flag of Node is taken out of the primary', async (t) => {
  const sdk = ['--require', fixture('injected/sdk.cjs')];
  const cluster = watch(t, NODE, [...sdk, BIN, ...APP, '--traces-exporter', 'none']);
  t.regex(String((await cluster.event('injected-sdk', { stays: false })).instead), /^--no-telemetry/);
  await cluster.ready(2);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('without telemetry of ours the workers keep what was injected', async (t) => {
  const options = `--require ${fixture('injected/sdk.cjs')}`;
  const cluster = kfCluster(t, [...APP, '--no-telemetry'], { env: { NODE_OPTIONS: options } });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  t.is(JSON.parse((await get(port)).body).options, options);
  t.deepEqual(cluster.events('injected-sdk'), []);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
