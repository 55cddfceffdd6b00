import net from 'node:net';

/** What node:cluster makes the listening socket with that its workers share; exported, though not in its types. */
type Handle = { close(): void };
type Inside = { _createServerHandle(...args: unknown[]): Handle | number };

/**
 * Follows the listening sockets that this process holds for its workers, and returns what closes them. node:cluster
 * closes one after the last worker has said that it has closed its own: whoever connects between the two is taken by the
 * kernel, accepted by nobody, and reset. With the primary out of the way first, the last worker's close is the last, and
 * that one comes right after an accept (see `acceptQueued` in worker/exit/exit.ts).
 */
export function trackSharedHandles(): () => void {
  const inside = net as unknown as Inside;
  const create = inside._createServerHandle;
  const handles = new Set<Handle>();
  inside._createServerHandle = (...args) => {
    const handle = Reflect.apply(create, inside, args);
    if (typeof handle === 'object') handles.add(handle);
    return handle;
  };
  return () => {
    for (const handle of handles) handle.close();
    handles.clear();
  };
}
