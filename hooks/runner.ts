import { KfError } from '../src/contract/errors.js';
import type { LifecycleSpan } from '../src/contract/lifecycle-span.js';
import type { KnownWorkers } from '../src/contract/worker-exit.js';
import type { ShutdownContext, Worker, WorkerHooks } from './types.js';

/** The hooks of one source, and what to call it in an error. */
export interface NamedHooks {
  /** A file's path, `telemetry` for the built-in pair, or `app` for hooks added by the app's own code. */
  readonly source: string;
  readonly hooks: WorkerHooks;
}

/** Runs every postFork in order of registration. The first that throws ends the boot. */
export async function runPostFork(all: readonly NamedHooks[], worker: Worker): Promise<void> {
  for (const { source, hooks } of all) {
    try {
      await hooks.postFork?.(worker);
    } catch (error) {
      if (error instanceof KfError) throw error;
      throw new KfError('HOOK_FAILED', `postFork of ${source} failed`, describe(error), {
        fix: `Mend postFork in ${source}; the worker cannot start without it.`,
        cause: error,
      });
    }
  }
}

/** Runs every onWorkerReady. One that throws is logged: the worker serves already. */
export async function runWorkerReady(all: readonly NamedHooks[], worker: Worker): Promise<void> {
  for (const { source, hooks } of all) {
    try {
      await hooks.onWorkerReady?.(worker);
    } catch (error) {
      worker.log.error(`onWorkerReady of ${source} failed`, { error: describe(error) });
    }
  }
}

/** Runs every onDraining, all at once: each ends work of its own. One that throws is logged. */
export async function runDraining(all: readonly NamedHooks[], worker: Worker, context: ShutdownContext): Promise<void> {
  const run = async ({ source, hooks }: NamedHooks) => {
    try {
      await hooks.onDraining?.(worker, context);
    } catch (error) {
      worker.log.error(`onDraining of ${source} failed`, { error: describe(error) });
    }
  };
  await Promise.all(all.map(run));
}

/** Runs every onRecover. One that throws is logged. */
export async function runRecover(all: readonly NamedHooks[], worker: Worker, workers: KnownWorkers): Promise<void> {
  for (const { source, hooks } of all) {
    try {
      await hooks.onRecover?.(worker, workers);
    } catch (error) {
      worker.log.error(`onRecover of ${source} failed`, { error: describe(error) });
    }
  }
}

/** Runs every onLifecycle. One that throws is logged. */
export async function runLifecycle(
  all: readonly NamedHooks[],
  worker: Worker,
  spans: readonly LifecycleSpan[],
): Promise<void> {
  for (const { source, hooks } of all) {
    try {
      await hooks.onLifecycle?.(worker, spans);
    } catch (error) {
      worker.log.error(`onLifecycle of ${source} failed`, { error: describe(error) });
    }
  }
}

/**
 * Runs every preShutdown, last registered first. One that throws or outlives its deadline is logged, and the others,
 * the flush of the built-in telemetry included, still run.
 *
 * @param contextFor gives the deadline for one source, asked when its turn comes
 */
export async function runPreShutdown(
  all: readonly NamedHooks[],
  worker: Worker,
  contextFor: (source: string) => ShutdownContext,
): Promise<void> {
  for (const { source, hooks } of all.toReversed()) {
    if (!hooks.preShutdown) continue;
    const context = contextFor(source);
    try {
      await within(context.deadline, hooks.preShutdown(worker, context), source);
    } catch (error) {
      worker.log.error(`preShutdown of ${source} failed`, { error: describe(error) });
    }
  }
}

/** What a hook that keeps its deadline itself gets to come home, in milliseconds, before it counts as late. */
const OVERTIME = 400;

/** Waits for a hook, but not past its deadline: a hook that hangs must not take the flush behind it along. */
async function within(deadline: number, work: void | Promise<void>, source: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const left = Math.max(0, deadline + OVERTIME - performance.now());
    timer = setTimeout(() => reject(new Error(`preShutdown of ${source} did not end before its deadline`)), left);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
