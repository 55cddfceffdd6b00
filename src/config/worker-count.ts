import { cgroupDirs, type ReadText } from './cgroup.js';

/** More than this is a typing error, not a machine. */
export const MOST_WORKERS = 1024;

export type WorkersWanted = number | 'max' | 'auto';

/** What the count is computed from; file reads are injected, so that a test can bring its own cgroup tree. */
interface CpuFacts {
  /** os.availableParallelism(): the CPUs this process may run on. Node 20 knows nothing of cgroup quotas. */
  readonly parallelism: number;
  readonly readText: ReadText;
}

interface WorkerCount {
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
function cpuQuota({ readText }: CpuFacts): Quota | undefined {
  const quotas = cgroupDirs('cpu', readText).flatMap(({ version, dir }) => {
    return (version === 2 ? readV2(dir, readText) : readV1(dir, readText)) ?? [];
  });
  return quotas.reduce<Quota | undefined>(
    (least, quota) => (least && least.cpus <= quota.cpus ? least : quota),
    undefined,
  );
}

function readV2(dir: string, readText: ReadText): Quota | undefined {
  const file = `${dir}/cpu.max`;
  const [quota, period] = (readText(file) ?? '').trim().split(/\s+/);
  return toQuota(Number(quota), Number(period), file);
}

function readV1(dir: string, readText: ReadText): Quota | undefined {
  const file = `${dir}/cpu.cfs_quota_us`;
  return toQuota(Number(readText(file)), Number(readText(`${dir}/cpu.cfs_period_us`)), file);
}

/** `max` (v2) reads as NaN and -1 (v1) as negative: both mean no quota. */
function toQuota(quota: number, period: number, file: string): Quota | undefined {
  return quota > 0 && period > 0 ? { cpus: quota / period, file } : undefined;
}
