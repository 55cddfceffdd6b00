import { isMainThread } from 'node:worker_threads';
import { startSingle } from './telemetry/single.js';

/** `node --import kf-cluster/register app.js`: the telemetry of a worker for one process without a supervisor. */
const LOADED = Symbol.for('kf-cluster.register');
const shared = globalThis as Record<symbol, unknown>;

// NODE_OPTIONS reaches worker threads and workers of a supervisor too: there the telemetry is somebody else's.
if (isMainThread && process.env.KF_WORKER_SLOT === undefined && shared[LOADED] === undefined && process.argv[1]) {
  shared[LOADED] = true;
  await startSingle(process.argv[1]);
}
