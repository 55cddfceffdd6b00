import { cgroupDirs, type ReadText } from './cgroup.js';

const MB = 1_048_576;
/** What the primary takes, with the code of Node, which all processes share. Measured: 46 MB resident, 10 of them its own. */
const PRIMARY = 48 * MB;
/** What is left to the kernel's buffers, files that are read and the app's own child processes: a share, but at least that. */
const RESERVE = 0.1;
const LEAST_RESERVE = 16 * MB;
/** With less old space than this hardly an app starts: V8 is then left to its default, which is logged. */
const LEAST_HEAP = 24 * MB;
/** Node's semi-space on 64 bits; the young generation takes three. */
const SEMI_SPACE = 16 * MB;
/** What a worker has beside its heap: 40 MB of Node's code, resident in each and paid once, and its own native memory. */
const BESIDE_HEAP = 52 * MB;
/** Which flags of V8 set the heap, whichever way they are written. */
const SETS_HEAP = /^--max[-_](old[-_]space[-_]size|heap[-_]size|old[-_]space[-_]size[-_]percentage)\b/;
const SETS_YOUNG = /^--max[-_]semi[-_]space[-_]size\b/;

/** `auto`: from the memory limit of the cgroup, if there is one. `off`: as Node does by itself. Else bytes. */
export type HeapWanted = 'auto' | 'off' | number;

/** How much memory the kernel gives the primary and all workers together. */
export interface MemoryLimit {
  readonly bytes: number;
  /** Where it was found. */
  readonly file: string;
}

export interface HeapFacts {
  readonly wanted: HeapWanted;
  readonly limit: MemoryLimit | undefined;
  readonly workers: number;
  /** How many there may be beside them during a reload or a recycle. */
  readonly surge: number;
  /** All that may set the heap of a worker: `--node-args`, NODE_OPTIONS, and what this process was started with. */
  readonly nodeArgs: readonly string[];
}

/** What the workers' memory is bounded by. */
export interface HeapPlan {
  readonly nodeArgs: readonly string[];
  /** Resident bytes that no heap explains: a worker beyond this is recycled, unless `--max-memory` says another. */
  readonly recycleAbove?: number;
  /** For the log. */
  readonly why?: string;
  readonly warning?: string;
  /** What a share was computed from: another number of workers has another one. */
  readonly facts?: HeapFacts;
}

/**
 * Each worker's share of the cgroup's memory as its old space. V8 does not know of siblings: in a container of 256 MB it
 * allows each process 262, and the kernel ends whichever asks last instead of V8 the one that leaks.
 */
export function planHeap(facts: HeapFacts): HeapPlan {
  const { wanted, limit, workers, surge, nodeArgs } = facts;
  if (wanted === 'off' || nodeArgs.some((arg) => SETS_HEAP.test(arg))) return { nodeArgs: [] };
  if (wanted !== 'auto') return { nodeArgs: [`--max-old-space-size=${megabytes(wanted)}`] };
  if (!limit) return { nodeArgs: [] };
  const reserve = Math.max(LEAST_RESERVE, limit.bytes * RESERVE);
  const share = (limit.bytes - PRIMARY - reserve) / (workers + surge);
  const size = `${megabytes(limit.bytes)} MB (${limit.file})`;
  if (share < LEAST_HEAP) {
    const warning = `${workers} workers do not fit into the cgroup's ${size}: the kernel may kill any process; use fewer workers, more memory or --heap`;
    return { nodeArgs: [], warning, facts };
  }
  const semi = semiSpace(share);
  const young = semi < SEMI_SPACE && !nodeArgs.some((arg) => SETS_YOUNG.test(arg));
  const flags = [`--max-old-space-size=${megabytes(share)}`];
  return {
    nodeArgs: young ? [...flags, `--max-semi-space-size=${semi / MB}`] : flags,
    recycleAbove: Math.round(share + 3 * semi + BESIDE_HEAP),
    facts,
    why: `heap=${megabytes(share)}MB: auto: the cgroup's ${size}, less ${megabytes(PRIMARY + reserve)} MB, for ${workers} + ${surge} workers`,
  };
}

/** The tightest limit of this process's cgroup and all above it; one beyond the machine's memory (`total`) is none. */
export function memoryLimit(readText: ReadText, total: number): MemoryLimit | undefined {
  const limits = cgroupDirs('memory', readText).flatMap(({ version, dir }) => {
    const file = `${dir}/${version === 2 ? 'memory.max' : 'memory.limit_in_bytes'}`;
    const bytes = Number(readText(file)); // `max` of version 2 is NaN
    return bytes > 0 && bytes < total ? [{ bytes, file }] : [];
  });
  return limits.toSorted((a, b) => a.bytes - b.bytes)[0];
}

/** An eighth of the share, a power of two as V8 wants it: three of them stand beside the old space. */
function semiSpace(share: number): number {
  return Math.min(SEMI_SPACE, 2 ** Math.floor(Math.log2(share / 8 / MB)) * MB);
}

function megabytes(bytes: number): number {
  return Math.max(1, Math.floor(bytes / MB));
}
