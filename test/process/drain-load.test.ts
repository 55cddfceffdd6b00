import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { serve } from '../helpers/drain.js';
import { load } from '../helpers/load.js';
import { refused } from '../helpers/raw.js';

const RELOADS = 3;

for (const kind of ['http', 'https']) {
  test.serial(`${kind}: no keep-alive request fails, through reloads and the stop`, async (t) => {
    const cluster = await serve(t, kind, {}, ['-w', '2']);
    const clients = load(kind === 'https', cluster.port, 8, true);
    for (let generation = 2; generation < 2 + RELOADS; generation += 1) {
      cluster.kill('SIGHUP');
      await cluster.event('reload-done', { generation });
    }
    clients.stopping = true;
    cluster.kill('SIGTERM');
    await refused({ port: cluster.port, host: '127.0.0.1' });
    await clients.done;
    t.log(`${clients.answered} requests`);
    t.deepEqual(clients.failures, []);
    t.is((await cluster.exit).code, 0);
  });
}

test.serial('an app that closes its server itself, at SIGTERM, loses as little', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/careful.cjs'), '-w', '2', '--no-telemetry']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  const clients = load(false, Number(port), 8, true);
  for (let generation = 2; generation < 2 + RELOADS; generation += 1) {
    cluster.kill('SIGHUP');
    await cluster.event('reload-done', { generation });
  }
  clients.stopping = true;
  cluster.kill('SIGTERM');
  await clients.done;
  t.deepEqual(clients.failures, []);
  t.is((await cluster.exit).code, 0);
});

for (const scheduling of ['shared', 'rr']) {
  test.serial(`${scheduling}: no new connection fails through reloads`, async (t) => {
    const flags = ['-w', '2', '--scheduling', scheduling];
    const cluster = await serve(t, 'http', {}, flags);
    const clients = load(false, cluster.port, 16, false);
    for (let generation = 2; generation < 2 + RELOADS; generation += 1) {
      cluster.kill('SIGHUP');
      await cluster.event('reload-done', { generation });
    }
    t.log(`${clients.answered} requests`);
    t.deepEqual(clients.failures, []);
    clients.stopping = true;
    cluster.kill('SIGTERM');
    await clients.done;
    t.is((await cluster.exit).code, 0);
  });
}
