import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { KfError } from '../contract/errors.js';
import { nodeBinary } from '../system/node-binary.js';
import type { Reserve } from './descriptor-reserve.js';
import { forkFailed } from './fork-error.js';

/**
 * Forks with node:cluster as it is set up. Where this process may have no further descriptor it takes those of the
 * reserve. `onFailed` is called later when the system refuses, and the worker has no pid then.
 *
 * @throws KfError FORK_FAILED
 */
export function startProcess(
  env: Readonly<Record<string, string>>,
  reserve: Reserve,
  onFailed: (error: KfError) => void,
): ClusterWorker {
  const first = fork(env, (error) => {
    if (first === worker) onFailed(error);
  });
  const worker: ClusterWorker = isWithoutPipes(first) ? reserve.lend(() => fork(env, onFailed)) : first;
  return worker;
}

function fork(env: Readonly<Record<string, string>>, onFailed: (error: KfError) => void): ClusterWorker {
  const worker = forkOrExplain(env);
  const isStarted = worker.process.pid !== undefined;
  // Later ones are of a message to a worker that has just died; its exit says the rest.
  worker.on('error', (error) => {
    if (!isStarted) onFailed(forkFailed(error));
  });
  // node:cluster waits for an exit, which does not come, to forget it.
  if (!isStarted) delete cluster.workers?.[worker.id];
  return worker;
}

/** Some refusals are thrown, others come as the event `error`. */
function forkOrExplain(env: Readonly<Record<string, string>>): ClusterWorker {
  const named = process.execPath;
  try {
    process.execPath = nodeBinary(); // node:cluster takes it from nowhere else
    return cluster.fork(env);
  } catch (error) {
    throw forkFailed(error);
  } finally {
    process.execPath = named;
  }
}

/** What Node leaves of a process that got no descriptors; the error itself comes later. */
function isWithoutPipes({ process }: ClusterWorker): boolean {
  const { pid, stdio }: { readonly pid?: number | undefined; readonly stdio?: unknown } = process;
  return pid === undefined && stdio === undefined;
}
