import type { PrimaryHooks } from '../../hooks/types.js';
import { KfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { entriesOf } from '../contract/table-keys.js';
import type { Notification } from '../core/types.js';

/** What all onExit hooks together may take, in milliseconds. */
const EXIT_LIMIT = 5_000;

/** The hooks of one source. */
export interface NamedPrimaryHooks {
  readonly source: string;
  readonly hooks: PrimaryHooks;
}

/** Runs the primary's hooks, in order of registration. */
export interface PrimaryHookRunner {
  onStarting(cluster: { name: string; workers: number }): Promise<void>;
  /** Whether anybody is asked before a fork of that generation. */
  hasPreFork(generation: number): boolean;
  /** A promise only if a hook made one: without hooks, forking stays synchronous. */
  preFork(worker: { slot: number; generation: number }): Record<string, string> | Promise<Record<string, string>>;
  onNotification(notification: Notification, pids: { pid(id: number): number | undefined }): void;
  onExit(result: { code: number }): Promise<void>;
}

export function createPrimaryHooks(all: readonly NamedPrimaryHooks[], name: string, log: Log): PrimaryHookRunner {
  const withPreFork = all.filter(({ hooks }) => hooks.preFork);
  const report = (hook: keyof PrimaryHooks, source: string, error: unknown) =>
    eventLog(log, 'hook-failed', { hook, source }).error(`${hook} of ${source} failed`, { error: describe(error) });
  const notify = (hook: keyof PrimaryHooks, run: (hooks: PrimaryHooks) => unknown) => {
    for (const { source, hooks } of all) {
      if (!hooks[hook]) continue;
      // A hook that only listens must not hold up the supervisor, nor bring it down.
      new Promise((resolve) => resolve(run(hooks))).catch((error) => report(hook, source, error));
    }
  };
  return {
    onStarting: async (cluster) => {
      for (const { source, hooks } of all) {
        try {
          await hooks.onStarting?.(cluster);
        } catch (error) {
          throw new KfError('HOOK_FAILED', `onStarting of ${source} failed`, describe(error), { cause: error });
        }
      }
    },
    hasPreFork: () => withPreFork.length > 0,
    preFork: (worker) => (withPreFork.length === 0 ? {} : runPreFork(withPreFork, worker)),
    onNotification: (notification, pids) => {
      for (const [hook, callOf] of entriesOf(NOTIFIED)) {
        const call = callOf(notification, { name, pids });
        if (call) notify(hook, call);
      }
    },
    onExit: async (result) => {
      const deadline = performance.now() + EXIT_LIMIT;
      for (const { source, hooks } of all) {
        try {
          await until(deadline, hooks.onExit?.(result));
        } catch (error) {
          report('onExit', source, error);
        }
      }
    },
  };
}

/** A hook that does more than listen has a method of the runner. */
type Notified = Exclude<keyof PrimaryHooks, keyof PrimaryHookRunner>;
type Call = ((hooks: PrimaryHooks) => unknown) | undefined;

/** What of the core's notifications the hooks hear that only listen: one that is declared and has no row does not compile. */
const NOTIFIED = {
  onReady: (notification, { name }) =>
    notification.type === 'all-ready' ? (hooks) => hooks.onReady?.({ name, workers: notification.workers }) : undefined,
  onScale: (notification) =>
    notification.type === 'scale'
      ? (hooks) => hooks.onScale?.({ from: notification.from, to: notification.to })
      : undefined,
  onWorkerExit: (notification, { pids }) => {
    if (notification.type !== 'worker-exit') return undefined;
    const { slot, generation, code, signal, reason } = notification;
    const exit = { slot, pid: pids.pid(notification.id) ?? 0, generation, code, signal, reason };
    return (hooks) => hooks.onWorkerExit?.(exit);
  },
  onReload: (notification) => {
    const outcome = RELOAD_OUTCOMES[notification.type];
    if (outcome === undefined || !('generation' in notification)) return undefined;
    return (hooks) => hooks.onReload?.({ generation: notification.generation, outcome });
  },
} satisfies Readonly<Record<Notified, (notification: Notification, facts: Facts) => Call>>;

interface Facts {
  readonly name: string;
  readonly pids: { pid(id: number): number | undefined };
}

const RELOAD_OUTCOMES: Partial<Record<Notification['type'], 'started' | 'done' | 'failed'>> = {
  'reload-started': 'started',
  'reload-done': 'done',
  'reload-failed': 'failed',
};

async function runPreFork(
  all: readonly NamedPrimaryHooks[],
  worker: { slot: number; generation: number },
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { source, hooks } of all) {
    try {
      Object.assign(env, await hooks.preFork?.(worker));
    } catch (error) {
      throw new KfError('HOOK_FAILED', `preFork of ${source} failed`, describe(error), { cause: error });
    }
  }
  return env;
}

/** A hook that hangs must not keep the supervisor, which has nothing else to do, for ever. */
async function until(deadline: number, work: void | Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`it did not end within ${EXIT_LIMIT} ms`);
    timer = setTimeout(reject, Math.max(0, deadline - performance.now()), error);
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
