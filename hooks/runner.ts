import { KfError } from '../src/contract/errors.js';
import { eventLog } from '../src/contract/log-events.js';
import { timerDelay } from '../src/contract/longest-timer.js';
import type { ShutdownContext, Worker, WorkerHooks } from './types.js';

/** The hooks of one source, and what to call it in an error. */
export interface NamedHooks {
  /** A file's path, `telemetry` for the built-in pair, or `app` for hooks added by the app's own code. */
  readonly source: string;
  readonly hooks: WorkerHooks;
}

/**
 * How the hooks of a worker are run, one row each: a hook that is declared and has no row does not compile. What a row's hook
 * gets stands behind `all`. The first postFork that throws ends the boot; any other hook that throws is logged, and the others
 * still run.
 */
export const runHooks = {
  postFork,
  /** The worker serves already. */
  onWorkerReady: (all, worker) => inTurn(all, worker, 'onWorkerReady', (hooks) => hooks.onWorkerReady?.(worker)),
  /** All at once: each ends work of its own. */
  onDraining: async (all, worker, context) => {
    await Promise.all(
      all.map((one) => inTurn([one], worker, 'onDraining', (hooks) => hooks.onDraining?.(worker, context))),
    );
  },
  onRecover: (all, worker, workers) => inTurn(all, worker, 'onRecover', (hooks) => hooks.onRecover?.(worker, workers)),
  onLifecycle: (all, worker, spans) =>
    inTurn(all, worker, 'onLifecycle', (hooks) => hooks.onLifecycle?.(worker, spans)),
  preShutdown,
} satisfies { readonly [H in Exclude<keyof WorkerHooks, 'preShutdown'>]-?: Run<H> } & { preShutdown: unknown };

type Run<H extends keyof WorkerHooks> = (
  all: readonly NamedHooks[],
  ...given: Parameters<NonNullable<WorkerHooks[H]>>
) => Promise<void>;

async function inTurn(
  all: readonly NamedHooks[],
  worker: Worker,
  name: keyof WorkerHooks,
  run: (hooks: WorkerHooks) => unknown,
): Promise<void> {
  for (const { source, hooks } of all) {
    try {
      await run(hooks);
    } catch (error) {
      report(worker, name, source, error);
    }
  }
}

async function postFork(all: readonly NamedHooks[], worker: Worker): Promise<void> {
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

/**
 * The last registered first. One that outlives its deadline is logged, and the others, the flush of the built-in telemetry
 * included, still run.
 *
 * @param contextFor gives the deadline for one source, asked when its turn comes
 */
async function preShutdown(
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
      report(worker, 'preShutdown', source, error);
    }
  }
}

/** The others run on. */
function report({ log }: Worker, hook: keyof WorkerHooks, source: string, error: unknown): void {
  eventLog(log, 'hook-failed', { hook, source }).error(`${hook} of ${source} failed`, { error: describe(error) });
}

/** What a hook that keeps its deadline itself gets to come home, in milliseconds, before it counts as late. */
const OVERTIME = 400;

/** Waits for a hook, but not past its deadline: a hook that hangs must not take the flush behind it along. */
async function within(deadline: number, work: void | Promise<void>, source: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const left = Math.max(0, deadline + OVERTIME - performance.now());
    timer = setTimeout(
      () => reject(new Error(`preShutdown of ${source} did not end before its deadline`)),
      timerDelay(left),
    );
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
