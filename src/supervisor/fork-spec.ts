import type { WorkerBoot, WorkerLimits } from '../config/boot-messages.js';
import type { HeapPlan } from '../config/heap.js';
import { fieldsFor } from '../config/options.js';
import type { Config } from '../config/types.js';
import { BUILD } from '../contract/build-id.js';
import type { Predecessor } from '../contract/worker-exit.js';
import type { ForkSpec } from './ports.js';

/** What the worker of one fork is started with: its command line, environment and boot message. */
export function forkSpec(
  config: Config,
  fork: { readonly slot: number; readonly generation: number },
  added: Readonly<Record<string, string>>,
  facts: {
    readonly roll: () => number;
    readonly heap: (config: Config) => HeapPlan;
    readonly predecessor?: Predecessor | undefined;
  },
): ForkSpec {
  const { script, args, byRequire, cwd } = config;
  const heap = facts.heap(config);
  const nodeArgs = [...heap.nodeArgs, ...config.nodeArgs];
  const boot: WorkerBoot = {
    build: BUILD,
    ...fieldsFor('worker', config),
    slot: fork.slot,
    generation: fork.generation,
    script,
    projectDirs: config.projectDirs,
    hookFiles: config.hookFiles,
    color: config.color,
    primaryPid: process.pid,
    predecessor: facts.predecessor,
    reusePort: config.scheduling === 'reuseport',
    evenly: config.scheduling === 'shared',
    limits: limitsOf(config, facts.roll, heap),
  };
  const env = {
    ...config.env,
    KF_WORKER_SLOT: String(fork.slot),
    KF_WORKER_GENERATION: String(fork.generation),
    ...(config.instanceVar === 'none' ? {} : { [config.instanceVar]: String(fork.slot) }),
    ...added,
  };
  const hooks = config.telemetry !== false || config.hookFiles.length > 0 || config.accessLog !== undefined;
  return { script, args, nodeArgs, hooks, byRequire, cwd, env, boot };
}

/** Jitter only ever shortens: a limit is never exceeded because of it. */
function limitsOf(config: Config, roll: () => number, heap: HeapPlan): WorkerLimits {
  const { maxRequests, maxRequestsJitter, maxLifetimeMs, maxLifetimeJitter, maxMemory } = config;
  const shortened = (limit: number, jitter: number) =>
    limit === 0 ? undefined : Math.max(1, Math.round(limit * (1 - jitter * roll())));
  return {
    requests: shortened(maxRequests, maxRequestsJitter),
    lifetimeMs: shortened(maxLifetimeMs, maxLifetimeJitter),
    memory: maxMemory ?? heap.recycleAbove,
  };
}
