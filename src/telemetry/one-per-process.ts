import { ACQUIRED, processWide } from '../contract/process-wide.js';

/** Whether the caller is the first in this process to set telemetry up; whatever copy of this file it came by. */
export function acquireProcess(): boolean {
  if (processWide[ACQUIRED] !== undefined) return false;
  processWide[ACQUIRED] = true;
  return true;
}

/** The set-up has failed: whoever tries again must hear of it too, and not run without telemetry. */
export function releaseProcess(): void {
  delete processWide[ACQUIRED];
}
