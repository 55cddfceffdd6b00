import { readFileSync } from 'node:fs';

/** Bit of SIGUSR1 in the kernel's masks. */
const SIGUSR1 = 1n << 9n;

/** Whether a process was stopped (SIGSTOP, a terminal), or is traced: it cannot run, whatever it would do. */
export function isStopped(pid: number): boolean {
  return /^State:\s+[Tt]/m.test(statusOf(pid));
}

/** Whether SIGUSR1 does something in a process; else it would end it. Node catches it for its inspector. */
export function catchesSigusr1(pid: number): boolean {
  const mask = /^SigCgt:\s+([0-9a-f]+)/m.exec(statusOf(pid))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & SIGUSR1) !== 0n;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return ''; // it has ended, or this system has no /proc
  }
}
