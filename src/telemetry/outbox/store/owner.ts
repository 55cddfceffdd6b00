import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRecord } from '../../../contract/record-guard.js';
import { processExists } from '../../../system/process-exists.js';
import type { SpoolFs } from '../outbox-ports.js';

/** Who writes to a segment directory. A pid alone is not enough: pids are used again, and mean nothing outside their container. */
export interface Owner {
  readonly pid: number;
  /** Clock ticks from boot to the process's start; 0 where the system does not say. */
  readonly startTime: number;
  /** Boot and pid namespace: only within the same one can a pid be asked after. */
  readonly host: string;
}

/** A directory of another host or container is taken as left behind when its owner has not touched it for this long. */
const HEARTBEAT_STALE_MS = 60_000;
/** How often an owner touches its directory. */
export const HEARTBEAT_MS = 15_000;

export function thisProcess(fs: SpoolFs): Owner {
  return { pid: process.pid, startTime: startTimeOf(process.pid, fs) ?? 0, host: hostOf(fs) };
}

/** The owner that a text names; undefined if it names none. */
export function parseOwner(text: string): Owner | undefined {
  const parsed = parse(text);
  if (!isRecord(parsed)) return undefined;
  const { pid, startTime, host } = parsed;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof startTime !== 'number' || typeof host !== 'string') return undefined;
  return { pid, startTime, host };
}

/** Whether the owner may still write; undefined: nobody knows who it is. `idleMs` is how long ago it touched its directory. */
export function isAlive(owner: Owner | undefined, self: Owner, idleMs: number, fs: SpoolFs): boolean {
  if (owner?.host !== self.host) return idleMs < HEARTBEAT_STALE_MS;
  if (!processExists(owner.pid)) return false;
  return owner.startTime === 0 || startTimeOf(owner.pid, fs) === owner.startTime;
}

/** No such process any more, or one that only waits to be reaped. */
export function isGone(pid: number, fs: SpoolFs): boolean {
  return !processExists(pid) || startTimeOf(pid, fs) === undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // damaged, which names nobody
  }
}

/** Undefined for a process that is gone, a zombie included: it writes no more. */
function startTimeOf(pid: number, fs: SpoolFs): number | undefined {
  if (process.platform !== 'linux') return 0;
  const stat = readText(`/proc/${pid}/stat`, fs);
  // The name in parentheses may hold blanks and parentheses itself: count from the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return Number(fields[19]);
}

function hostOf(fs: SpoolFs): string {
  if (process.platform !== 'linux') return hostname();
  const boot = readText('/proc/sys/kernel/random/boot_id', fs)?.trim();
  return `${boot ?? hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
}

function readText(path: string, fs: SpoolFs): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    // The process is gone, or this system does not say: both are answers.
    return undefined;
  }
}
