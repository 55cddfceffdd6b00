import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

for (const app of ['http.cjs', 'http.mjs']) {
  test(`four workers of ${app} serve, and every span of each arrives`, async (t) => {
    const store = createStore();
    const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
    t.teardown(() => receiver.close());
    const cluster = kfCluster(t, ['start', fixture(`apps/${app}`), '-w', '4', '--service-name', 'shop'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
    });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(4);
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(port)));
    cluster.kill('SIGTERM');
    t.deepEqual(await cluster.exit, { code: 0, signal: null });

    t.true(answers.every(({ status }) => status === 200));
    const spans = store.spans();
    t.is(spans.filter((span) => span.kind === 'server').length, 200, 'one SERVER span a request');
    const served = new Set(answers.map(({ body }) => JSON.parse(body).pid));
    const { workers } = store.counts();
    t.is(workers.length, served.size, 'one service.instance.id a worker');
    t.is(new Set(workers.map(({ pid }) => pid)).size, served.size);
    t.true(spans.every((span) => span.resource.attributes['service.name'] === 'shop'));
    t.is(cluster.events('telemetry-attached', { protocol: 'grpc' }).length, 4);
  });
}

test('the app is its own main module, sees its slot and nothing of the boot message', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const { main, slot } = JSON.parse((await get(port)).body);
  t.is(main, true);
  t.is(slot, '0');
});

test('a worker without a server is ready when it says so, and drains through its hooks alone', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/ready-message.cjs'), '-w', '2', '--ready', 'message'],
    ...['--no-telemetry', '--hooks', fixture('hooks/all.mjs')],
  ]);
  await cluster.ready(2);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => /^hook preShutdown A \d stop$/.test(line)).length, 2);
});

test('data on stdout, messages on stderr', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry']);
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  await cluster.exit;
  t.regex(cluster.stdout(), /^listening \d+\n$/);
  t.is(cluster.events('stopped', { code: 0 }).length, 1);
});
