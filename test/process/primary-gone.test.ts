import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { load } from '../helpers/load.js';
import { receiverPorts, refused } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

test('workers whose primary was killed answer what they hold, flush and go; the port is free', async (t) => {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '2'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  for (let i = 0; i < 20; i += 1) await get(port);
  const held = get(port, '/hold');
  const [, pid = ''] = await cluster.line(/^holding (\d+)/);
  process.kill(cluster.pid, 'SIGKILL');
  // Refused once the workers have stopped accepting: then they drain.
  while (
    await get(port, '/').then(
      () => true,
      () => false,
    )
  );
  process.kill(Number(pid), 'SIGUSR2');
  t.is((await held).body, 'released');
  // Its output ends when the last process that holds it has ended.
  t.is((await cluster.exit).signal, 'SIGKILL');
  await store.waitFor((all) => all.spans().length >= 21);
  await t.throwsAsync(get(port), { code: 'ECONNREFUSED' } as never);
});

for (const preload of ['plain', 'telemetry'])
  test(`${preload}: killed under load, what workers had accepted is answered, whatever they write, and a new start has the port`, async (t) => {
    const args = [
      'start',
      fixture('drain/talkative.cjs'),
      '-w',
      '2',
      ...(preload === 'plain' ? ['--no-telemetry'] : []),
    ];
    const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: () => undefined });
    t.teardown(() => receiver.close());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
    const cluster = kfCluster(t, args, { env: { ...env, PORT: '0' } });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(2);
    const clients = [true, false].map((keepAlive) => load(false, Number(port), 8, keepAlive));
    const held = get(port, '/hold');
    const [, holder = ''] = await cluster.line(/^holding (\d+)/);
    for (const one of clients) one.stopping = true;
    process.kill(cluster.pid, 'SIGKILL');
    await refused({ port: Number(port), host: '127.0.0.1' });
    // Its stdout is this test's, and stays; its stderr went with the primary.
    const talked = cluster.lines.length;
    await cluster.lineTimes(/^stdout$/, talked + 20);
    process.kill(Number(holder), 'SIGUSR2');
    t.is((await held).body, 'released');
    await Promise.all(clients.map(({ done }) => done));
    t.deepEqual(
      clients.flatMap(({ failures }) => failures),
      [],
    );
    t.is((await cluster.exit).signal, 'SIGKILL');

    const again = kfCluster(t, args, { env: { ...env, PORT: port } });
    await again.ready(2);
    t.is((await get(port)).body, 'ok');
    again.kill('SIGTERM');
    t.is((await again.exit).code, 0);
  });

for (const preload of ['plain', 'telemetry'])
  test(`${preload}: what is sent to a primary that has just died does not end a worker in the midst of a request`, async (t) => {
    const off = preload === 'plain' ? ['--no-telemetry'] : ['--traces-exporter', 'none'];
    const cluster = kfCluster(t, ['start', fixture('apps/kills-primary.cjs'), '-w', '1', ...off]);
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(1);
    t.is((await get(port)).body, 'answered');
    t.is((await cluster.exit).signal, 'SIGKILL');
  });
