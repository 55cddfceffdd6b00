/** More than this is a typing error, not a machine. */
export const MOST_WORKERS = 1024;

export type WorkersWanted = number | 'max' | 'auto';

/** What the count is computed from; file reads are injected, so that a test can bring its own cgroup tree. */
export interface CpuFacts {
  /** os.availableParallelism(): the CPUs this process may run on. Node 20 knows nothing of cgroup quotas. */
  readonly parallelism: number;
  /** The text of a file, or undefined when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
}

export interface WorkerCount {
  readonly workers: number;
  /** Why, when the number was computed. */
  readonly why: string | undefined;
}

/** The number of workers: as given, all CPUs (`max`), or what affinity and the cgroup's CPU quota allow (`auto`). */
export function countWorkers(wanted: WorkersWanted, facts: CpuFacts): WorkerCount {
  if (typeof wanted === 'number') return { workers: wanted, why: undefined };
  const cpus = Math.max(1, facts.parallelism);
  if (wanted === 'max') return { workers: cpus, why: `max: ${cpus} CPUs available to this process` };
  const quota = cpuQuota(facts);
  if (quota === undefined || quota.cpus >= cpus) {
    return { workers: cpus, why: `auto: ${cpus} CPUs available, no lower cgroup quota` };
  }
  const workers = Math.max(1, Math.floor(quota.cpus));
  const shown = Number(quota.cpus.toFixed(2));
  return { workers, why: `auto: cgroup quota of ${shown} CPUs (${quota.file}), ${cpus} CPUs available` };
}

interface Quota {
  readonly cpus: number;
  readonly file: string;
}

/** The tightest quota of this process's cgroup and all above it. */
function cpuQuota(facts: CpuFacts): Quota | undefined {
  const groups = (facts.readText('/proc/self/cgroup') ?? '').split('\n').map(parseGroup);
  const quotas = groups.flatMap((group) => (group ? quotasOf(group, facts.readText) : []));
  return quotas.reduce<Quota | undefined>(
    (least, quota) => (least && least.cpus <= quota.cpus ? least : quota),
    undefined,
  );
}

interface Group {
  readonly version: 1 | 2;
  readonly path: string;
}

/** A line of /proc/self/cgroup: `0::/a/b` is version 2, `4:cpu,cpuacct:/a/b` version 1. */
function parseGroup(line: string): Group | undefined {
  const match = /^\d+:([^:]*):(.*)$/.exec(line);
  if (!match) return undefined;
  if (match[1] === '') return { version: 2, path: match[2]! };
  return match[1]!.split(',').includes('cpu') ? { version: 1, path: match[2]! } : undefined;
}

/** Where the hierarchies are mounted by systemd, container runtimes and hybrid set-ups. */
const MOUNTS = {
  1: ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/cpuacct,cpu'],
  2: ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'],
} as const;

function quotasOf(group: Group, readText: CpuFacts['readText']): Quota[] {
  const read = group.version === 2 ? readV2 : readV1;
  return MOUNTS[group.version].flatMap((mount) =>
    upwards(group.path).flatMap((path) => read(`${mount}${path}`, readText) ?? []),
  );
}

/** `/a/b` gives `/a/b`, `/a` and the root (``). A path that leaves a cgroup namespace (`/..`) is cut to what is visible. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.keys(), parts.length].reverse().map((n) =>
    parts
      .slice(0, n)
      .map((part) => `/${part}`)
      .join(''),
  );
}

function readV2(dir: string, readText: CpuFacts['readText']): Quota | undefined {
  const file = `${dir}/cpu.max`;
  const [quota, period] = (readText(file) ?? '').trim().split(/\s+/);
  return toQuota(Number(quota), Number(period), file);
}

function readV1(dir: string, readText: CpuFacts['readText']): Quota | undefined {
  const file = `${dir}/cpu.cfs_quota_us`;
  return toQuota(Number(readText(file)), Number(readText(`${dir}/cpu.cfs_period_us`)), file);
}

/** `max` (v2) reads as NaN and -1 (v1) as negative: both mean no quota. */
function toQuota(quota: number, period: number, file: string): Quota | undefined {
  return quota > 0 && period > 0 ? { cpus: quota / period, file } : undefined;
}
