import cluster from 'node:cluster';
import { observe } from './emitters.js';

/** Of an app that never listens not more are kept. */
const MOST = 100;

/**
 * What is patched: nothing of its own; see emitters.ts. Why: node:cluster listens for messages from the start, so Node does
 * not keep early ones, and a message, with or without a handle, that comes while the boot still awaits its hooks would reach
 * nobody. A bare worker has loaded its app by then. Which Node versions: all.
 *
 * @returns hands out what is held, if the app listens on `cluster.worker`, which emits nothing when it does
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
    if (held?.push(message) === MOST) held.shift();
    return held !== undefined;
  });
  const endWaiting = observe(process, 'newListener', (event: unknown) => {
    if (event === 'message') process.nextTick(release); // when it is one
  });
  return () => {
    if (cluster.worker?.listenerCount('message')) release();
  };
}
