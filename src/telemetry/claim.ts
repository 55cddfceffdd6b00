const CLAIM = Symbol.for('kf-cluster.register');

/** Whether the caller is the first in this process to set telemetry up; whatever copy of this file it came by. */
export function claimProcess(): boolean {
  const shared = globalThis as Record<symbol, unknown>;
  if (shared[CLAIM] !== undefined) return false;
  shared[CLAIM] = true;
  return true;
}
