import { splitArgs } from '../../config/args.js';
import { memoryLimit } from '../../config/heap.js';
import { countWorkers } from '../../config/worker-count.js';
import type { Check, Checks, Problem } from '../check.js';
import { runsKf, type Workload } from '../deployment/workload.js';
import type { Facts } from '../facts.js';
import { optionOf } from '../stop-time.js';

const HERE = { severity: 'warning', symptom: 'deployment' } as const satisfies Partial<Check<Facts>>;
const MB = 1_048_576;
/** The primary, and what each worker has beside its heap; measured, see src/config/heap.ts. */
const PRIMARY_MB = 48;
const BESIDE_HEAP_MB = 52;
/** Connections, files, the spool and Node itself. */
const FEWEST_DESCRIPTORS = 1024;

/** Workers against processors, memory and descriptors. */
export const RESOURCE_CHECKS = {
  'workers-cpus': {
    ...HERE,
    about: 'more workers than the CPU quota has processors',
    find: (facts) => [
      ...facts.deployments.workloads.filter(runsKf).flatMap((one) => {
        const workers = Number(optionOf(one, 'workers', 'w'));
        return tooMany(workers, one.cpus, `${one.file}, ${one.name}`);
      }),
      ...ownQuota(facts),
    ],
  },
  'heap-memory': {
    ...HERE,
    about: 'the heaps of all workers together are larger than the memory limit',
    find: (facts) => [
      ...facts.deployments.workloads
        .filter(runsKf)
        .flatMap((one) =>
          tooLarge(heapOf(one), Number(optionOf(one, 'workers', 'w') ?? 1), one.memory, `${one.file}, ${one.name}`),
        ),
      ...ownMemory(facts),
    ],
  },
  descriptors: {
    ...HERE,
    about: 'fewer than 1,024 file descriptors a process',
    find: ({ machine }) => {
      const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(machine.readText('/proc/self/limits') ?? '') ?? [];
      // Node raises its own limit to the hard one.
      const most = Math.max(Number(soft), Number(hard));
      if (!(most < FEWEST_DESCRIPTORS)) return [];
      return [
        {
          what: `a process may have ${most} file descriptors`,
          why: 'each connection takes one: at the limit connections are refused and spans cannot be kept on disk',
          fix: 'Raise it: LimitNOFILE= of systemd, --ulimit nofile= of Docker, ulimit -n in a shell.',
          next: 'ulimit -Hn',
        },
      ];
    },
  },
} satisfies Checks<Facts>;

function tooMany(workers: number, cpus: number | undefined, where: string): Problem[] {
  if (!(workers > 1) || cpus === undefined || workers <= Math.max(1, Math.ceil(cpus))) return [];
  return [
    {
      what: `${where}: ${workers} workers on ${cpus} CPUs`,
      why: 'the kernel stops all of them for the rest of each period once the quota is used up: latency rises, health checks fail',
      fix: 'Leave --workers at auto, which reads the quota, or raise it.',
    },
  ];
}

function ownQuota({ loaded, machine }: Facts): Problem[] {
  if (!loaded || loaded.resolved.sources.workers.layer === 'default') return [];
  const auto = countWorkers('auto', machine);
  const isQuota = /quota of/.test(auto.why ?? '') && /^auto: cgroup/.test(auto.why ?? '');
  return isQuota ? tooMany(loaded.workers.workers, auto.workers, loaded.resolved.sources.workers.name) : [];
}

function ownMemory({ loaded, machine, env }: Facts): Problem[] {
  const limit = memoryLimit(machine.readText, machine.memory);
  if (!loaded || !limit) return [];
  const args = [...loaded.resolved.values['node-args'], ...(splitArgs(env.NODE_OPTIONS ?? '') ?? [])];
  const { heap } = loaded.resolved.values;
  const own = typeof heap === 'number' ? heap / MB : heapIn(args);
  return tooLarge(own, loaded.workers.workers, limit.bytes, limit.file);
}

function heapOf({ command, env }: Workload): number | undefined {
  return heapIn([...command, ...(splitArgs(env.NODE_OPTIONS?.value ?? '') ?? [])].flatMap((word) => word.split(/\s+/)));
}

/** Megabytes. */
function heapIn(args: readonly string[]): number | undefined {
  const found = args.flatMap((arg) => /max[-_]old[-_]space[-_]size=(\d+)/.exec(arg)?.[1] ?? []).at(-1);
  return found === undefined ? undefined : Number(found);
}

function tooLarge(heap: number | undefined, workers: number, memory: number | undefined, where: string): Problem[] {
  if (heap === undefined || memory === undefined || !(workers >= 1)) return [];
  const needed = PRIMARY_MB + workers * (heap + BESIDE_HEAP_MB);
  if (needed * MB <= memory) return [];
  return [
    {
      what: `${where}: ${workers} ${workers === 1 ? 'worker' : 'workers'} with ${heap} MB of heap in ${Math.floor(memory / MB)} MB`,
      why: `they may take ${needed} MB: the kernel kills whichever asks last, and its requests are lost`,
      fix: 'Leave the heap to --heap auto, which divides the limit, or use fewer workers.',
    },
  ];
}
