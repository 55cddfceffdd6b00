import type { WorkerHooks } from './types.js';

/** Where a worker takes hooks from its app. One per process, found by symbol: the app may load its own copy of us. */
export const DOOR = Symbol.for('kf-cluster.hooks.1');

interface HookDoor {
  /** Adds hooks of the app. A postFork among them runs at once, and readiness waits for it. */
  add(hooks: WorkerHooks): Promise<void>;
}

/** The global object, where the door is. */
export const doorway: { [DOOR]?: HookDoor; readonly process?: unknown } = globalThis;

/**
 * Adds hooks of this worker's own code. A postFork among them runs now, before the worker counts as ready.
 *
 * @returns settles when it has; a rejection is a failed boot
 */
export function addHooks(hooks: WorkerHooks): Promise<void> {
  return door()?.add(hooks) ?? Promise.resolve();
}

/**
 * Runs `fn` in this worker now, before it counts as ready; for set-up that lives in the app's own code.
 * In a process with `kf-cluster/register` it runs too; in any other nothing is forked, so nothing runs.
 *
 * @returns settles when `fn` has; a rejection is a failed boot
 */
export function onPostFork(fn: NonNullable<WorkerHooks['postFork']>): Promise<void> {
  return addHooks({ postFork: fn });
}

/** Runs `fn` when this worker is ready to serve. */
export function onWorkerReady(fn: NonNullable<WorkerHooks['onWorkerReady']>): void {
  void addHooks({ onWorkerReady: fn });
}

/** Runs `fn` when this worker stops accepting; the drain waits for it. For WebSockets, event streams, queues. */
export function onDraining(fn: NonNullable<WorkerHooks['onDraining']>): void {
  void addHooks({ onDraining: fn });
}

/** Runs `fn` when this worker stops: after its drain, before hooks that were added earlier and before the flush. */
export function onPreShutdown(fn: NonNullable<WorkerHooks['preShutdown']>): void {
  void addHooks({ preShutdown: fn });
}

function door(): HookDoor | undefined {
  return doorway[DOOR];
}
