import test from 'ava';
import { type HeapFacts, memoryLimit, planHeap } from '../../src/config/heap.js';

const MB = 1_048_576;
const TOTAL = 8_192 * MB;
const at = (bytes: number) => ({ bytes, file: '/sys/fs/cgroup/memory.max' });
const plan = (facts: Partial<HeapFacts>) =>
  planHeap({ wanted: 'auto', limit: at(1_024 * MB), workers: 4, surge: 1, nodeArgs: [], ...facts });

/** A machine of these files. */
const files = (texts: Readonly<Record<string, string>>) => (path: string) => texts[path];

test('version 2: the tightest limit on the way up wins', (t) => {
  const readText = files({
    '/proc/self/cgroup': '0::/system.slice/app.service\n',
    '/sys/fs/cgroup/system.slice/app.service/memory.max': 'max\n',
    '/sys/fs/cgroup/system.slice/memory.max': `${512 * MB}\n`,
    '/sys/fs/cgroup/memory.max': `${1_024 * MB}\n`,
  });
  t.deepEqual(memoryLimit(readText, TOTAL), { bytes: 512 * MB, file: '/sys/fs/cgroup/system.slice/memory.max' });
});

test('version 1: in a container the path of the host is not there, its root is; a limit beyond the machine is none', (t) => {
  const file = '/sys/fs/cgroup/memory/memory.limit_in_bytes';
  const host = { '/proc/self/cgroup': '5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n' };
  t.deepEqual(memoryLimit(files({ ...host, [file]: `${256 * MB}\n` }), TOTAL), { bytes: 256 * MB, file });
  t.is(memoryLimit(files({ ...host, [file]: '9223372036854771712\n' }), TOTAL), undefined);
  t.is(memoryLimit(files({}), TOTAL), undefined);
});

test('auto divides what the primary and the reserve leave among the workers and the surge', (t) => {
  const { nodeArgs, recycleAbove, why } = plan({ limit: at(256 * MB), workers: 2 });
  t.deepEqual(nodeArgs, ['--max-old-space-size=60', '--max-semi-space-size=4']);
  t.true(recycleAbove! > 60 * MB && recycleAbove! < 256 * MB);
  t.is(why, "heap=60MB: auto: the cgroup's 256 MB (/sys/fs/cgroup/memory.max), less 73 MB, for 2 + 1 workers");
  // A share that leaves room for it keeps Node's own young generation.
  t.deepEqual(plan({}).nodeArgs, ['--max-old-space-size=174']);
});

test('auto sets nothing without a limit, with a heap of the user, or where the workers do not fit; the last is told', (t) => {
  t.deepEqual(plan({ limit: undefined }), { nodeArgs: [] });
  for (const arg of ['--max-old-space-size=100', '--max_old_space_size=100', '--max-heap-size=80'])
    t.deepEqual(plan({ nodeArgs: [arg] }), { nodeArgs: [] });
  const { nodeArgs, warning } = plan({ workers: 64 });
  t.deepEqual(nodeArgs, []);
  t.regex(warning ?? '', /64 workers do not fit into the cgroup's 1024 MB/);
});

test('a size is taken as it is, and off leaves the heap to Node', (t) => {
  t.deepEqual(plan({ wanted: 300 * MB }).nodeArgs, ['--max-old-space-size=300']);
  t.deepEqual(plan({ wanted: 'off' }), { nodeArgs: [] });
});

test('a semi-space of the user is kept', (t) => {
  const nodeArgs = ['--max-semi-space-size=8'];
  t.deepEqual(plan({ limit: at(256 * MB), workers: 2, nodeArgs }).nodeArgs, ['--max-old-space-size=60']);
});
