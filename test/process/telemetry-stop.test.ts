import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

test('a collector that is down changes no exit code, and the log says how many spans wait', async (t) => {
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: () => undefined });
  const { grpcUrl } = receiver;
  await receiver.close();
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', '--flush-timeout', '2s'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  for (let i = 0; i < 5; i += 1) await get(port);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('worker-flushed', { slot: 0, spans_exported: 0, spans_spooled: 5, spans_dropped: 0 }).length, 1);
});

test('a collector that never answers costs the flush timeout at most', async (t) => {
  const receiver = await startReceiver({
    ...(await receiverPorts()),
    onTraces: () => undefined,
    faults: { silent: true },
  });
  t.teardown(() => receiver.close());
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '1', '--flush-timeout', '500ms'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  for (let i = 0; i < 5; i += 1) await get(port);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('worker-flushed', { spans_spooled: 5, spans_dropped: 0 }).length, 1);
  t.deepEqual(cluster.events('worker-killed'), [], 'the worker ends by itself');
});

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`spans that end during the drain arrive, over ${protocol}, from an app that exits by itself`, async (t) => {
    const store = createStore();
    const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
    t.teardown(() => receiver.close());
    const cluster = kfCluster(t, ['start', fixture('apps/careful.cjs'), '-w', '2'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl, OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
    });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await Promise.all(Array.from({ length: 50 }, () => get(port)));
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    const named = (name: string) => store.spans().filter((span) => span.name === name).length;
    t.is(named('GET'), 50);
    // The app ends with a code of its own at a stop, which is told as any other failure is.
    t.is(named('kf.worker.exit'), 2);
    t.is(store.spans().length, 52);
  });
}
