import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { tree } from '../helpers/tree.js';

/** The waits of real life, a minute and more, in a second. */
const BRISK = ['--restart-window', '1s', '--max-restarts', '1', '--backoff', '10ms..20ms', '--min-uptime', '100ms'];

test('a slot that was given up while a folder was missing serves again by itself when it is back', async (t) => {
  const dir = tree(t, { 'app.cjs': `require('dep');\n${readFileSync(fixture('apps/http.cjs'), 'utf8')}` });
  mkdirSync(join(dir, 'node_modules/dep'), { recursive: true });
  writeFileSync(join(dir, 'node_modules/dep/index.js'), '');
  const cluster = kfCluster(t, ['start', join(dir, 'app.cjs'), '-w', '2', '--no-telemetry', ...BRISK]);
  const { pid } = await cluster.event('worker-ready', { slot: 1 });
  await cluster.ready(2);
  renameSync(join(dir, 'node_modules'), join(dir, 'away'));
  process.kill(Number(pid), 'SIGKILL');
  await cluster.event('slot-failed', { slot: 1, window: 1_000, retry: 1_000 });
  renameSync(join(dir, 'away'), join(dir, 'node_modules'));
  await cluster.event('slot-retried', { slot: 1 });
  await cluster.eventTimes('worker-ready', 2, { slot: 1 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
