import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { createStore } from '../../src/dev/store.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';

test('workers whose primary was killed answer what they hold, flush and go; the port is free', async (t) => {
  const store = createStore();
  const receiver = await startReceiver({ grpcPort: 0, httpPort: 0, onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), '-w', '2'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/ready: 2 workers/);
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
