import type { PrimaryHookRunner } from './primary-hooks.js';

/** The primary's hooks, which a reload may change: those of a new generation are used for its forks already. */
export interface GenerationHooks extends PrimaryHookRunner {
  use(generation: number, hooks: PrimaryHookRunner): void;
}

export function hooksByGeneration(first: PrimaryHookRunner): GenerationHooks {
  const coming = new Map<number, PrimaryHookRunner>();
  let current = first;
  return {
    use: (generation, hooks) => void coming.set(generation, hooks),
    onStarting: (cluster) => current.onStarting(cluster),
    hasPreFork: (generation) => (coming.get(generation) ?? current).hasPreFork(generation),
    preFork: (worker) => (coming.get(worker.generation) ?? current).preFork(worker),
    onNotification: (notification, pids) => {
      if (notification.type === 'reload-done') current = coming.get(notification.generation) ?? current;
      if (notification.type === 'reload-done' || notification.type === 'reload-failed') coming.clear();
      current.onNotification(notification, pids);
    },
    onExit: (result) => current.onExit(result),
  };
}
