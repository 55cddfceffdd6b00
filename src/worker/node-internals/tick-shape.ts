import { executionAsyncResource } from 'node:async_hooks';

/** On `process`, for the preloads that call this leave nothing behind that could hold it. */
const KEPT = Symbol.for('kf-cluster.tick');

/**
 * Keeps one of the objects that Node makes for each `process.nextTick`. Node 20 to 25 make it by a literal with computed names, and
 * V8 compiles that well only while the shape that it saw first is still there. A process that has no tick waiting while garbage is
 * collected a few times, as one that has just booted and waits for its first request, loses the shape for good, and a tick
 * takes 1 microsecond instead of 0.15: with five of them, a tenth of a traced request. To be called before anything else, as it cannot
 * be made good. Which Node versions: 20 to 25, where `executionAsyncResource()` is that object; 26 has a class. Contract:
 * test/worker/tick-shape.test.ts.
 */
export function keepTickShape(): void {
  if (Object.hasOwn(process, KEPT) || Number.parseInt(process.versions.node, 10) >= 26) return;
  process.nextTick(() => Object.defineProperty(process, KEPT, { value: executionAsyncResource(), configurable: true }));
}
