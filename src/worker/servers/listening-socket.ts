import type net from 'node:net';

/** The listening socket of a server, as the kernel has it. */
export interface Listener {
  /**
   * Node's own close of it, not the one that node:cluster has put above it, which first writes to the primary; `net.Server.close()`
   * calls that one later, and the second close of a handle does nothing.
   */
  close(): void;
  /**
   * Lets hardly anybody into the queue any more, for all who share the socket: the kernel passes over a client that wants to connect,
   * and the client asks again a second later. A unix socket does not: it would refuse.
   */
  narrow(): void;
}

interface Handle {
  close(): void;
  listen(backlog: number): number;
}

export function listenersOf(server: net.Server): Listener[] {
  const handle = handleOf(server);
  if (!handle || isHandedConnections(server)) return [];
  const { close, listen } = Object.getPrototypeOf(handle) as Handle;
  const isPath = typeof server.address() === 'string';
  return [
    {
      close: () => Reflect.apply(close, handle, []),
      // A second listen of a socket changes the length of its queue, and nothing else. With 0 the kernel speaks of an attack in its log.
      narrow: () => void (isPath || Reflect.apply(listen, handle, [1])),
    },
  ];
}

/** With round-robin a worker's listening handle is a stand-in, made by node:cluster, without a socket. */
export function isHandedConnections(server: net.Server): boolean {
  const handle = handleOf(server);
  return handle !== undefined && Object.getPrototypeOf(handle) === Object.prototype;
}

function handleOf({ _handle }: net.Server & { readonly _handle?: object | null }): object | undefined {
  return _handle ?? undefined;
}
