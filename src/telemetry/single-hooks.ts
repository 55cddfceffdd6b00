import { DOOR, doorway } from '../../hooks/app-hooks.js';
import { type NamedHooks, runHooks } from '../../hooks/runner.js';
import type { Worker, WorkerHooks } from '../../hooks/types.js';
import type { StopReason } from '../contract/exit-reasons.js';

/** Milliseconds that onDraining hooks may take, and then the others. */
const TIMEOUT = 5_000;

/**
 * Takes the hooks that the app adds by `kf-cluster/hooks`, as in a worker: there is no readiness to wait for, and
 * nothing to drain, so they run when they are added and when the process ends.
 *
 * @returns runs what is to run at the end, the built-in hooks last
 */
export function openSingleDoor(builtIn: WorkerHooks, worker: Worker): (reason: StopReason) => Promise<void> {
  const all: NamedHooks[] = [{ source: 'telemetry', hooks: builtIn }];
  doorway[DOOR] = {
    add: async (hooks) => {
      const named = { source: 'app', hooks };
      all.push(named);
      await runHooks.postFork([named], worker);
      await runHooks.onWorkerReady([named], worker);
    },
  };
  return async (reason) => {
    const context = { reason, deadline: performance.now() + TIMEOUT };
    await withinTimeout(runHooks.onDraining(all, worker, context));
    await runHooks.preShutdown(all, worker, () => ({ reason, deadline: performance.now() + TIMEOUT }));
  };
}

async function withinTimeout(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
