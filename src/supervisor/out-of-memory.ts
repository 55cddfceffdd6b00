import { readFileSync, watch, writeFileSync } from 'node:fs';
import { cgroupDirs, type ReadText } from '../config/cgroup.js';
import type { MemoryLimit } from '../config/heap.js';
import type { Log } from '../contract/log.js';
import type { Event } from '../core/types.js';
import type { Ports } from './ports.js';

const MB = 1_048_576;

/** Figures of the control group in which the kernel has killed a process. Bytes. */
export interface OutOfMemory {
  readonly limit: number | undefined;
  /** The most that was in use at once. */
  readonly peak: number | undefined;
  readonly file: string;
}

/** A worker's exit is reported within this time of the kill that ended it, in milliseconds; an older one was somebody else's end. */
const RECENT = 2_000;

/** What else the watch needs of the system. */
export interface OutOfMemoryPorts {
  readonly readText: ReadText;
  now(): number;
  /** Calls back whenever the file has changed; does nothing where the system does not say. */
  onChange(file: string, changed: () => void): void;
}

/**
 * Looks whether the kernel has killed a process of this control group for want of memory: a SIGKILL says nothing of its
 * sender, but the group counts such kills (memory.events of version 2, memory.oom_control of version 1).
 * The group may hold other processes, a worker's own children: so the time of each kill is noted where the kernel says
 * of a change, and an old one explains no exit.
 *
 * @returns gives one kill of the last moments that was not reported yet; undefined when there was none
 */
export function watchOutOfMemory(
  limit: MemoryLimit | undefined,
  { readText, now, onChange }: OutOfMemoryPorts = REAL,
): () => OutOfMemory | undefined {
  const counter = findCounter(readText);
  if (!counter) return () => undefined;
  let seen = counter.count();
  let kills: number[] = [];
  const look = () => {
    const count = counter.count();
    kills = kills.filter((at) => now() - at < RECENT);
    for (; seen < count && kills.length < MOST; seen += 1) kills.push(now());
    seen = count;
  };
  if (limit) onChange(counter.file, look);
  return () => {
    look();
    if (kills.shift() === undefined) return undefined;
    return { limit: limit?.bytes, peak: counter.peak(), file: counter.file };
  };
}

/** So many kills are remembered at once. */
const MOST = 1_024;

const REAL: OutOfMemoryPorts = {
  readText: readIfThere,
  now: () => performance.now(),
  onChange: (file, changed) => {
    try {
      watch(file, { persistent: false }, changed).on('error', () => undefined);
    } catch {
      // No watch is left, or this system has none: kills are then seen when a worker ends.
    }
  },
};

const FIX = 'Use fewer workers or more memory, or bound them by --heap and --max-memory: docs/MEMORY.md';

function renderOutOfMemory(slot: number, { limit, peak, file }: OutOfMemory): string {
  const size = (bytes: number) => `${Math.round(bytes / MB)} MB`;
  const of = limit === undefined ? '' : ` has a limit of ${size(limit)} and`;
  const used = peak === undefined ? ' was full' : ` used ${size(peak)}`;
  return `worker ${slot} was killed by the kernel: out of memory; its cgroup${of}${used} (${file})`;
}

/** A worker's exit, with what the kernel says of a SIGKILL. */
export function exitEvent(
  { ports, log }: { ports: Pick<Ports, 'outOfMemory'>; log: Log },
  slot: number | undefined,
  exit: Omit<Extract<Event, { type: 'exit' }>, 'type' | 'outOfMemory'>,
): Event {
  const found = exit.signal === 'SIGKILL' ? ports.outOfMemory() : undefined;
  if (found) log.error(renderOutOfMemory(slot ?? 0, found), { fix: FIX });
  return { type: 'exit', ...exit, ...(found && { outOfMemory: true as const }) };
}

/** How much more a worker counts than its primary when the kernel chooses, in thousandths of the memory it may use. */
const WORSE = 200;
const WORST = 1_000;

/** Of a cluster that is out of memory the kernel is to kill a worker: without its primary all of them would go. */
export function offerToKernel(pid: number): void {
  try {
    const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(Math.min(WORST, own + WORSE)));
  } catch {
    // It has ended already, or this system has no such file: the kernel then goes by size alone.
  }
}

/** Of this process's own group: the workers are in it too. Those above it count the kills of strangers as well. */
function findCounter(readText: ReadText) {
  for (const { version, dir } of cgroupDirs('memory', readText)) {
    const file = `${dir}/${version === 2 ? 'memory.events' : 'memory.oom_control'}`;
    const peakFile = `${dir}/${version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes'}`;
    const count = () => Number(/^oom_kill (\d+)$/m.exec(readText(file) ?? '')?.[1] ?? Number.NaN);
    if (Number.isNaN(count())) continue;
    return { file, count: () => count() || 0, peak: () => Number(readText(peakFile)) || undefined };
  }
  return undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // another version of cgroups, or none
  }
}
