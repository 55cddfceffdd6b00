import { runHooks } from '../../../hooks/runner.js';
import type { WorkerBoot } from '../../config/boot-messages.js';
import { toKfError } from '../../contract/errors.js';
import { keepBeside } from '../../system/require-beside.js';
import { observe } from '../node-internals/emitters.js';
import { beginBoot, join, type WorkerHost } from './begin.js';
import { loadWorkerHooks } from './load-worker-hooks.js';
import { hidePreload } from './preload-flag.js';

/** Loads what the boot will need, with node:http, which is instrumented, and runs none of it. */
export async function warmUp({ telemetry }: WorkerBoot): Promise<void> {
  if (!telemetry) return;
  await Promise.all([import('../../../hooks/telemetry.js'), import('#bundle/telemetry')]);
  process.getBuiltinModule('node:http'); // not by import(): see system/code-cache
}

/**
 * Everything that happens in a worker before the first line of its app: hooks, provider, and the watch over signals,
 * servers and the primary. Exits with code 1 and the hook's own error when a hook fails.
 */
export async function bootWorker(boot: WorkerBoot, host?: WorkerHost): Promise<void> {
  if (!host) hidePreload();
  const { hooks, context, servers, files, letAppIn } = beginBoot(boot, host);
  try {
    if (boot.accessLog !== undefined) {
      const { openAccessLog } = await import('#bundle/access-log');
      files.push(openAccessLog(boot.accessLog, boot, servers, context.worker.log));
    }
    hooks.push(...(await loadWorkerHooks(boot)));
    await runHooks.postFork(hooks, context.worker);
    await join(context);
  } catch (error) {
    process.stderr.write(toKfError(error).render(), () => process.exit(1));
    await new Promise(() => undefined); // the app must not start
  }
  letAppIn();
  keepBeside((write) => observe(process, 'exit', write));
}
