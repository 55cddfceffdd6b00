import { readFileSync } from 'node:fs';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';

const MB = 1_048_576;

test('large messages of the app that nobody listens to leave no memory behind', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const cluster = kfCluster(t, ['start', fixture('faults/large-messages.cjs'), '-w', '1', '--no-telemetry']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  const resident = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${cluster.pid}/status`, 'utf8'))?.[1]) * 1_024;
  const before = resident();
  await get(port, '/send');
  await get(port, '/send');
  await cluster.lineTimes(/^sent/, 2);
  // Given back a second later; read until it is, and the test's own timeout is the end of it.
  while (resident() > before + 80 * MB) await get(port);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
