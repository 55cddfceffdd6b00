import test from 'ava';
import { startClients } from '../helpers/clients.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { collector } from '../helpers/delivery.js';
import '../helpers/json-log.js';

/** What this process loads is built apart for workers that await their boot and for those that do not. */
for (const [how, flags] of Object.entries({ traced: [], plain: ['--no-telemetry'] })) {
  test(`${how}: an app that replaces timers and clocks serves on through a reload, and its spans arrive`, async (t) => {
    const { receiver, store } = await collector(t);
    const cluster = kfCluster(t, ['start', fixture('apps/replaces-globals.cjs'), '-w', '2', ...flags], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
    });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(2);
    const clients = startClients({ port: Number(port), keeping: 4, opening: 1 });
    await clients.asked(20);
    cluster.kill('SIGHUP');
    await cluster.event('reload-done', { generation: 2 });
    await clients.asked(clients.requests + 20);
    clients.stopping();
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    await clients.done;
    t.deepEqual(clients.failures, []);
    const served = store.spans().filter(({ kind }) => kind === 'server');
    t.is(served.length, how === 'traced' ? clients.requests : 0);
    t.false(cluster.lines.some((line) => line.includes('TypeError')));
  });
}
