import { isMainThread } from 'node:worker_threads';
import { acquireProcess } from '../telemetry/one-per-process.js';
import { startSingle } from '../telemetry/single.js';
import { chooseAsyncContext } from '../worker/node-internals/async-context.js';
import { keepTickShape } from '../worker/node-internals/tick-shape.js';

/** `node --import kf-cluster/register app.js`: the telemetry of a worker for one process without a supervisor. */
// NODE_OPTIONS reaches worker threads and workers of a supervisor too: there the telemetry is somebody else's.
if (isMainThread && process.env.KF_WORKER_SLOT === undefined && process.argv[1] && acquireProcess()) {
  keepTickShape();
  chooseAsyncContext();
  await startSingle(process.argv[1]);
}
