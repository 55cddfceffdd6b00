const ACQUIRED = Symbol.for('kf-cluster.register');

/** Whether the caller is the first in this process to set telemetry up; whatever copy of this file it came by. */
export function acquireProcess(): boolean {
  const shared = globalThis as Record<symbol, unknown>;
  if (shared[ACQUIRED] !== undefined) return false;
  shared[ACQUIRED] = true;
  return true;
}

/** The set-up has failed: whoever tries again must hear of it too, and not run without telemetry. */
export function releaseProcess(): void {
  delete (globalThis as Record<symbol, unknown>)[ACQUIRED];
}
