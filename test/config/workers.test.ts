import test from 'ava';
import fc from 'fast-check';
import { countWorkers } from '../../src/config/worker-count.js';

/** A machine of these CPUs and these files. */
function machine(parallelism: number, files: Readonly<Record<string, string>> = {}) {
  return { parallelism, readText: (path: string) => files[path] };
}

test('a number is taken as it is', (t) => {
  t.deepEqual(countWorkers(7, machine(2)), { workers: 7, why: undefined });
});

test('max takes the CPUs of this process, whatever the quota', (t) => {
  const facts = machine(8, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '100000 100000\n' });
  t.is(countWorkers('max', facts).workers, 8);
});

test('auto without a cgroup takes the CPUs', (t) => {
  t.deepEqual(countWorkers('auto', machine(4)), { workers: 4, why: 'auto: 4 CPUs available, no lower cgroup quota' });
});

test('version 2: the tightest quota on the way up wins', (t) => {
  const facts = machine(16, {
    '/proc/self/cgroup': '0::/system.slice/app.service\n',
    '/sys/fs/cgroup/system.slice/app.service/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/system.slice/cpu.max': '350000 100000\n',
    '/sys/fs/cgroup/cpu.max': '800000 100000\n',
  });
  t.deepEqual(countWorkers('auto', facts), {
    workers: 3,
    why: 'auto: cgroup quota of 3.5 CPUs (/sys/fs/cgroup/system.slice/cpu.max), 16 CPUs available',
  });
});

test('version 1: quota over period, -1 is none', (t) => {
  const files = {
    '/proc/self/cgroup': '5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '200000\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  };
  t.is(countWorkers('auto', machine(8, files)).workers, 2);
});

test('a path outside of the cgroup namespace is read from its root', (t) => {
  const facts = machine(8, { '/proc/self/cgroup': '0::/../../other\n', '/sys/fs/cgroup/cpu.max': '150000 100000' });
  t.is(countWorkers('auto', facts).workers, 1);
});

test('auto is at least 1 and never more than the CPUs', (t) => {
  const cases = fc.tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 1, max: 10_000_000 }));
  t.notThrows(() =>
    fc.assert(
      fc.property(cases, ([cpus, quota]) => {
        const files = { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': `${quota} 100000` };
        const { workers } = countWorkers('auto', machine(cpus, files));
        return workers >= 1 && workers <= Math.max(1, cpus);
      }),
    ),
  );
});
