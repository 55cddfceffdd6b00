import type { WorkerLimits } from '../config/boot-messages.js';
import type { RecycleCause } from '../contract/messages.js';
import { residentBytes } from '../system/resident-memory.js';
import type { Servers } from './servers/track-servers.js';

/** How often this worker looks at its own memory, in milliseconds. */
const MEMORY_EVERY = 1_000;
/** How often it asks again: the primary may have been busy, or its successor may have failed. */
const ASK_AGAIN = 60_000;

/**
 * Watches this worker's own limits, so that the primary never has to ask; reports when one is reached, and again every
 * minute until the worker is stopped. No timer here keeps the process alive.
 */
export function watchLimits(
  limits: WorkerLimits,
  servers: Pick<Servers, 'onRequest'>,
  ask: (cause: RecycleCause, text: string) => void,
): void {
  let reached = false;
  const reach = (cause: RecycleCause, text: string) => {
    if (reached) return;
    reached = true;
    ask(cause, text);
    setInterval(() => ask(cause, text), ASK_AGAIN).unref();
  };
  const { requests, lifetimeMs, memory } = limits;
  if (requests !== undefined) servers.onRequest(requests, () => reach('max-requests', `${requests} requests`));
  if (lifetimeMs !== undefined) {
    setTimeout(() => reach('max-lifetime', `${Math.round(lifetimeMs / 1_000)} s old`), lifetimeMs).unref();
  }
  if (memory === undefined) return;
  const look = setInterval(() => {
    const rss = residentBytes();
    if (rss <= memory) return;
    clearInterval(look);
    reach('max-memory', `${Math.round(rss / 1_048_576)} MB resident`);
  }, MEMORY_EVERY).unref();
}
