import { codeOf } from '../contract/system-error.js';

/**
 * Whether there is a process of that id, ours or another user's. One that has ended is there until its parent has reaped it; a
 * number that is no pid, as a damaged file may hold, is nobody's.
 */
export function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM'; // another user's
  }
}
