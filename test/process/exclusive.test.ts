import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { freePort } from '../helpers/raw.js';

test('workers share the port of an HTTP server that asks for it alone, and who looks for a free port still gets the truth', async (t) => {
  const env = { PORT: String(await freePort()) };
  const flags = ['-w', '2', '--no-telemetry'];
  const cluster = kfCluster(t, ['start', fixture('drain/exclusive.cjs'), ...flags], { env });
  await cluster.ready(2);
  await cluster.lineTimes(/^probe EADDRINUSE/, 2);
  cluster.kill('SIGHUP');
  await cluster.event('reload-done', { generation: 2 });
  await cluster.lineTimes(/^probe EADDRINUSE/, 4);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
