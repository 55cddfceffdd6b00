import { readFileSync } from 'node:fs';
import test from 'ava';
import { BIN, fixture, NODE, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { onLinux } from '../helpers/linux.js';

test('as PID 1 it replaces a killed worker, leaves no zombie, and stops in order on SIGTERM', async (t) => {
  if (!onLinux(t, 'a PID namespace')) return;
  // unshare exits with the exit code of the namespace's PID 1.
  const cluster = watch(t, 'unshare', [
    ...['--fork', '--pid', '--mount-proc', '--kill-child'],
    ...[NODE, BIN, 'start', fixture('apps/zombies.cjs'), '-w', '2', '--no-telemetry'],
    ...['--hooks', fixture('hooks/all.mjs')],
  ]);
  await cluster.event('starting', { workers: 2, pid: 1 });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  await get(port, '/die').catch((error) => t.is(error.code, 'ECONNRESET'));
  await cluster.line(/^hook onWorkerExit \d null SIGKILL killed/);
  await cluster.lineTimes(/^hook onWorkerReady/, 3);
  t.is((await get(port, '/zombies')).body, '0');
  const [inner = 0] = readFileSync(`/proc/${cluster.pid}/task/${cluster.pid}/children`, 'utf8').split(' ').map(Number);
  process.kill(inner, 'SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('stopped', { code: 0 }).length, 1);
});

test('as PID 1 it says that orphans of others are not reaped, and how many there are, with what to use', async (t) => {
  if (!onLinux(t, 'a PID namespace')) return;
  const cluster = watch(t, 'unshare', [
    ...['--fork', '--pid', '--mount-proc', '--kill-child'],
    ...[NODE, BIN, 'start', fixture('faults/orphans.cjs'), '-w', '1', '--no-telemetry'],
  ]);
  t.regex(String((await cluster.event('runs-as-pid-1')).fix), /docker run --init/);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  t.is((await get(port, '/orphan')).body, 'orphaned');
  await get(port, '/die').catch((error) => t.is(error.code, 'ECONNRESET'));
  t.regex(String((await cluster.event('unreaped-children', { children: 1, level: 'warn' })).fix), /docker run --init/);
  const [inner = 0] = readFileSync(`/proc/${cluster.pid}/task/${cluster.pid}/children`, 'utf8').split(' ').map(Number);
  process.kill(inner, 'SIGTERM');
  t.is((await cluster.exit).code, 0);
});
