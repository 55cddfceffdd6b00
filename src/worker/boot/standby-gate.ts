import { readSync } from 'node:fs';
import { STANDBY_FD } from '../../contract/stall.js';

/**
 * Waits until the primary says that this process is to be a worker. Blocks the thread: it holds in a preload that cannot
 * await too, and a signal meanwhile ends the process, as nobody has asked for it yet. Exits when the primary is gone.
 */
export function waitForRelease(): void {
  if (readSync(STANDBY_FD, Buffer.alloc(1)) === 0) process.exit(0);
}
