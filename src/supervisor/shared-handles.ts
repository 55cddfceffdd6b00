import net from 'node:net';

/** What node:cluster makes the listening socket with that its workers share; exported, though not in its types. */
type Handle = { close(): void };

/**
 * Follows the listening sockets that this process holds for its workers, and returns what closes them. node:cluster
 * closes one after the last worker has said that it has closed its own: whoever connects between the two is taken by the
 * kernel, accepted by nobody, and reset. With the primary out of the way first, the last worker's close is the last, and
 * that one comes right after an accept (see `acceptQueued` in worker/exit/exit.ts).
 */
export function trackSharedHandles(): () => void {
  const create = net._createServerHandle;
  const handles = new Set<Handle>();
  net._createServerHandle = (...args) => {
    const handle = Reflect.apply(create, net, args);
    if (typeof handle === 'object') handles.add(handle);
    return handle;
  };
  return () => {
    for (const handle of handles) handle.close();
    handles.clear();
  };
}
