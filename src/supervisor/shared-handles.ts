import net from 'node:net';
import { resolve } from 'node:path';

/** What node:cluster makes the listening socket with that its workers share; exported, though not in its types. */
type Handle = { close(): void };

/** The type of an address that is a path. */
const PATH = -1;

/**
 * Follows the listening sockets that this process holds for its workers, and returns what closes them. node:cluster
 * closes one after the last worker has said that it has closed its own: whoever connects between the two is taken by the
 * kernel, accepted by nobody, and reset. With the primary out of the way first, the last worker's close is the last, and
 * that one comes right after an accept (see worker/exit/stop-listening.ts).
 *
 * @param onClosed called with the path of a unix socket, which is gone with its close, in the same turn
 */
export function trackSharedHandles(onClosed: (path: string) => void): () => void {
  const create = net._createServerHandle;
  const handles = new Map<Handle, string | undefined>();
  net._createServerHandle = (...args) => {
    const handle = Reflect.apply(create, net, args);
    const [address, , type] = args;
    // node:cluster names it from the directory of this process where that is shorter.
    const path = type === PATH && typeof address === 'string' ? resolve(address) : undefined;
    if (typeof handle === 'object') handles.set(handle, path);
    return handle;
  };
  return () => {
    for (const [handle, path] of handles) {
      handle.close();
      if (path !== undefined) onClosed(path);
    }
    handles.clear();
  };
}
