import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';

const APP = fixture('own-provider.cjs');

test('a tracer provider that the app registers is refused, and said once with its place', async (t) => {
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(t, ['start', APP, '-w', '2'], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl } });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const found = await cluster.event('other-agent', { name: 'a tracer provider of the app' });
  t.regex(`${found.by}`, /own-provider\.cjs:11/);
  t.regex(`${found.fix}`, /--telemetry=auto/);
  await get(port);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('other-agent').length, 1);
  const spans = store.spans();
  t.deepEqual(spans.map(({ kind, name }) => `${kind} ${name}`).toSorted(), ['internal by hand', 'server GET']);
  t.false(cluster.lines.some((line) => line.startsWith('own ')));
});

test('--telemetry=auto steps back from it: what the app records is its own alone, and nothing is ours', async (t) => {
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(t, ['start', APP, '-w', '1', '--telemetry=auto'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  t.regex(`${(await cluster.event('telemetry-steps-back')).by}`, /own-provider\.cjs:11/);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  t.is((await get(port)).body, 'ok');
  await cluster.line(/^own INTERNAL by hand/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.deepEqual(store.spans(), []);
  t.is(cluster.lines.filter((line) => line.startsWith('own ')).length, 1);
  t.deepEqual(cluster.events('other-agent'), []);
  t.notRegex(cluster.stderr(), /"level":"error"/);
});

test('--telemetry=auto: a provider of a preload is there first; without one the telemetry is ours', async (t) => {
  const { receiver, store } = await collector(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, KF_CLUSTER_TELEMETRY: 'auto' };
  const preloaded = kfCluster(t, ['start', fixture('apps/calls.cjs'), '-w', '1'], {
    env: { ...env, NODE_OPTIONS: `--require ${fixture('injected/sdk.cjs')}` },
  });
  await preloaded.event('injected-sdk', { stays: true, because: '--telemetry=auto' });
  await preloaded.event('telemetry-steps-back');
  await preloaded.ready(1);
  preloaded.kill('SIGTERM');
  t.is((await preloaded.exit).code, 0);
  const alone = kfCluster(t, ['start', fixture('apps/calls.cjs'), '-w', '1'], { env });
  const [, port = ''] = await alone.line(/^listening (\d+)/);
  await alone.ready(1);
  await get(port, '/page');
  alone.kill('SIGTERM');
  t.is((await alone.exit).code, 0);
  t.true(store.spans().some(({ kind }) => kind === 'server'));
});
