import cluster from 'node:cluster';
import { observe } from './emitters.js';

/**
 * What is patched: nothing of its own; see emitters.ts. Why: node:cluster listens for messages from the start, so Node does
 * not keep early ones, and a message, with or without a handle, that comes while the boot still awaits its hooks would reach
 * nobody. A bare worker has loaded its app by then. Which Node versions: all.
 *
 * @returns hands out what was held, if that has not happened yet; called when the app listens or is loaded
 */
export function holdEarlyMessages(): () => void {
  let held: unknown[][] | undefined = [];
  const end = () => {
    endHolding();
    endWaiting();
  };
  const release = () => {
    const early = held ?? [];
    held = undefined;
    end();
    for (const message of early) Reflect.apply(process.emit, process, ['message', ...message]);
  };
  const endHolding = observe(process, 'message', (...message: unknown[]) => {
    if (cluster.worker?.listenerCount('message')) release(); // in front of this one
    held?.push(message);
    return held !== undefined;
  });
  const endWaiting = observe(process, 'newListener', (event: unknown) => {
    if (event === 'message') process.nextTick(release); // when it is one
  });
  return release;
}
