import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster, privateDir } from '../helpers/cluster.js';
import { onLinux } from '../helpers/linux.js';
import '../helpers/json-log.js';

test('a hook of the primary that closes stdout, as for a daemon, leaves /dev/null there, not the next file', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const dir = privateDir(t);
  const hooks = join(dir, 'hooks.cjs');
  writeFileSync(hooks, "exports.onStarting = () => require('node:fs').closeSync(1);");
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--hooks', hooks];
  const cluster = kfCluster(t, args);
  await cluster.ready(1);
  t.is(readlinkSync(`/proc/${cluster.pid}/fd/1`), '/dev/null');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
