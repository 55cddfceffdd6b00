import test from 'ava';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';

const HOOKS = ['--no-telemetry', '--hooks', fixture('hooks/all.mjs')];

test('--max-requests: the worker that has served that many is replaced, the new one ready first', async (t) => {
  const { start } = session(t);
  const cluster = start(['start', fixture('apps/grows.cjs'), '-w', '1', '--max-requests', '20', ...HOOKS]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/^hook onWorkerReady 0/);
  let served = 0;
  const pids = new Set<string>();
  while (pids.size < 2) {
    pids.add((await get(port)).body);
    served += 1;
  }
  t.true(served > 18, `${served}: at most a tenth is taken off`);
  const { msg } = await cluster.event('worker-recycled', { slot: 0, cause: 'max-requests' });
  t.regex(msg, /: (18|19|20) requests$/);
  await cluster.line(/^hook onWorkerExit 0 0 null recycle/);
  const order = cluster.lines.filter((line) => /^hook on(WorkerReady|WorkerExit)/.test(line));
  t.deepEqual(order.slice(0, 3), [
    'hook onWorkerReady 0',
    'hook onWorkerReady 0',
    'hook onWorkerExit 0 0 null recycle',
  ]);
});

test('--max-memory: the worker that has grown is replaced', async (t) => {
  const { start } = session(t);
  const cluster = start(['start', fixture('apps/grows.cjs'), '-w', '1', '--max-memory', '100MB', ...HOOKS]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await get(port, '/grow');
  const { msg } = await cluster.event('worker-recycled', { slot: 0, cause: 'max-memory' });
  const [, size] = msg.match(/(\d+) MB resident/) ?? [];
  t.true(Number(size) > 100);
  await cluster.line(/^hook onWorkerExit 0 0 null recycle/);
});

test('--max-memory below what the app takes at rest: told, and the second worker is left alone', async (t) => {
  const { start } = session(t);
  const cluster = start(['start', fixture('apps/http.cjs'), '-w', '1', '--max-memory', '10MB', ...HOOKS]);
  await cluster.event('worker-recycled', { slot: 0, cause: 'max-memory' });
  await cluster.event('memory-left-alone', { slot: 0 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('worker-recycled').length, 1);
});

test('--max-lifetime: workers are replaced one at a time', async (t) => {
  const { start } = session(t);
  const cluster = start(['start', fixture('apps/http.cjs'), '-w', '2', '--max-lifetime', '1s', ...HOOKS]);
  await cluster.lineTimes(/^hook onWorkerExit \d 0 null recycle/, 2);
  t.true(cluster.events('worker-recycled', { cause: 'max-lifetime' }).length > 0);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('--cron-restart: every worker is replaced; a bad expression is refused', async (t) => {
  const { start, run } = session(t);
  const cluster = start(['start', fixture('apps/http.cjs'), '-w', '2', '--cron-restart', '* * * * * *', ...HOOKS]);
  await cluster.event('workers-recycled', { cause: 'cron-restart' });
  await cluster.line(/^hook onWorkerExit 0 0 null recycle/);
  await cluster.line(/^hook onWorkerExit 1 0 null recycle/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const { code, stderr } = await run('start', fixture('apps/http.cjs'), '--cron-restart', 'at noon');
  t.is(code, 78);
  t.regex(stderr, /CONFIG_INVALID: --cron-restart is "at noon"/);
});
