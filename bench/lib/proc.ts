import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Kilobytes. */
export interface Memory {
  readonly rss: number;
  readonly pss: number;
}

/** Pids of the direct forks of a process, oldest first. Linux only, like everything here. */
export function forksOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map(Number)
    .filter((other) => statOf(other)?.[PPID] === String(pid))
    .sort((a, b) => a - b);
}

/** The file that a process runs. */
export function commandOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/exe`);
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1]);
  return { rss: field('Rss'), pss: field('Pss') };
}

/** Voluntary context switches so far of all threads: how often anything in the process was woken. */
export function wakeupsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))
    .reduce((sum, status) => sum + Number(status.match(/^voluntary_ctxt_switches:\s+(\d+)/m)?.[1]), 0);
}

/** Processor time so far of these processes, in milliseconds. The scheduler's own account: a tick is too coarse here. */
export function cpuOf(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`),
  );
  return threads.reduce((sum, thread) => sum + Number(readIfThere(`${thread}/schedstat`)?.split(' ')[0] ?? 0) / 1e6, 0);
}

export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[STATE];
  return state !== undefined && state !== 'Z';
}

// Places in /proc/PID/stat after the name, see proc(5).
const STATE = 0;
const PPID = 1;

/** Undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Processes and threads may end between being listed and being read. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
