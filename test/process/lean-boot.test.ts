import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';

/** Modules of Node that cost a process milliseconds, and what else each brings along. */
const DEAR = ['crypto', 'inspector', 'perf_hooks', 'timers/promises', 'worker_threads', 'internal/tty', 'zlib'];

test('a worker without telemetry loads nothing of Node that its app does not ask for and its boot or end does not need', async (t) => {
  const cluster = kfCluster(t, ['start', fixture('apps/modules.cjs'), '--no-telemetry', '-w', '1']);
  await cluster.event('all-ready');
  cluster.kill('SIGTERM');
  await cluster.exit;
  const said = [...cluster.stdout().matchAll(/^\{"when".*$/gm)].map(([line]) => JSON.parse(line));
  t.deepEqual(
    said.map(({ when, loaded }) => [when, DEAR.filter((one) => loaded.includes(one))]),
    [
      ['listening', []],
      ['exit', []],
    ],
  );
});
