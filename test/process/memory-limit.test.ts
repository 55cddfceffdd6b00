import test, { type ExecutionContext } from 'ava';
import { BIN, fixture, NODE, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { memoryGroup } from '../helpers/memory.js';

/** Two workers in a control group of that size; undefined where nobody here may make one. */
async function confined(t: ExecutionContext, megabytes: number, ...args: string[]) {
  const group = memoryGroup(t, megabytes * 1_048_576);
  if (!group) {
    t.pass('no memory cgroup can be made here: config/heap.test shows what is computed');
    return undefined;
  }
  const start = [NODE, BIN, 'start', fixture('apps/leaks.cjs'), '-w', '2', '--no-telemetry', ...args];
  const cluster = watch(t, 'sh', ['-c', `echo $$ > ${group}/cgroup.procs && exec "$0" "$@"`, ...start]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  return { cluster, port };
}

for (const reload of [false, true])
  test(`256 MB${reload ? ', a reload' : ''}: of two workers V8 ends the one that leaks, and says so`, async (t) => {
    const { cluster, port } = (await confined(t, 256)) ?? {};
    if (!cluster || !port) return;
    t.regex(cluster.stderr(), /heap=\d+MB: auto: the cgroup's 256 MB/);
    const pid = (await get(port, '/heap')).body;
    if (reload) cluster.kill('SIGHUP');
    await cluster.event('worker-exit', { pid: Number(pid) });
    if (!reload) await cluster.event('heap-limit');
    await get(port);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    const ends = [...cluster.stderr().matchAll(/error: worker \d exited .*pid=(\d+)/g)].map(([, one]) => one);
    t.true(
      ends.every((one) => one === pid),
      cluster.stderr(),
    );
  });

test('memory outside of the heap: the worker is recycled before the kernel must choose', async (t) => {
  const { cluster, port } = (await confined(t, 400)) ?? {};
  if (!cluster || !port) return;
  const pid = (await get(port, '/buffers')).body;
  await cluster.event('worker-recycled', { cause: 'max-memory' });
  await cluster.event('worker-exit', { reason: 'recycle', pid: Number(pid) });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('a kill by the kernel is named, with the figures', async (t) => {
  const { cluster, port } = (await confined(t, 200, '--heap', 'off')) ?? {};
  if (!cluster || !port) return;
  const pid = (await get(port, '/heap')).body;
  await cluster.line(
    /worker \d was killed by the kernel: out of memory; its cgroup has a limit of 200 MB and used \d+ MB/,
  );
  await cluster.event('worker-exit', { signal: 'SIGKILL', reason: 'out-of-memory', pid: Number(pid) });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
