import type { Socket } from 'node:net';

/** How many connections a server has at most, and how long each part of a call may take, in milliseconds. */
export interface HttpLimits {
  readonly connections: number;
  /** From the connection to the end of the request's head. */
  readonly headMs: number;
  /** From there to the end of its body. */
  readonly bodyMs: number;
  /** From there to the end of the answer; undefined where an answer may follow what happens. */
  readonly answerMs: number | undefined;
  /** From the end of the answer until the caller has read it. */
  readonly readMs: number;
}

/**
 * The connections of a server that never listens itself, so that none of node:http's own time limits run. Each has one
 * timer, which only runs while the connection is there.
 */
export interface Connections {
  /** A new one; where there are too many, the oldest that has asked nothing goes, or else this one. */
  add(socket: Socket): void;
  /** Begins the next part of the call; undefined is without end. */
  allow(socket: Socket, ms: number | undefined): void;
  /** True for the first request on it: there is one call a connection. */
  asks(socket: Socket): boolean;
  all(): ReadonlySet<Socket>;
}

export function trackConnections({ connections, headMs }: Pick<HttpLimits, 'connections' | 'headMs'>): Connections {
  const open = new Set<Socket>();
  /** Those that have asked nothing so far, the oldest first. */
  const silent = new Set<Socket>();
  const timers = new Map<Socket, NodeJS.Timeout>();
  const allow = (socket: Socket, ms: number | undefined) => {
    clearTimeout(timers.get(socket));
    if (ms === undefined || !open.has(socket)) timers.delete(socket);
    else timers.set(socket, setTimeout(() => socket.destroy(), ms).unref());
  };
  const forget = (socket: Socket) => {
    open.delete(socket);
    silent.delete(socket);
    allow(socket, undefined);
  };
  return {
    add: (socket) => {
      socket.once('close', () => forget(socket));
      socket.on('error', () => socket.destroy()); // the caller has gone
      if (open.size >= connections) {
        const [oldest] = silent;
        (oldest ?? socket).destroy();
        if (!oldest) return;
        forget(oldest);
      }
      open.add(socket);
      silent.add(socket);
      allow(socket, headMs);
    },
    allow,
    asks: (socket) => silent.delete(socket),
    all: () => open,
  };
}
