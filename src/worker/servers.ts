import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import { Crowd } from '../core/crowd.js';
import type { WorkerBoot } from '../ipc/messages.js';
import { closeOfListener, type DrainingServer, drainServer, type Session } from './drain-server.js';
import { type HoldBack, holdBack } from './hold-back.js';
import { isBusy, noteLast, noteNewest } from './last-response.js';
import { type Observer, observe } from './node-internals/emitters.js';
import { standIn } from './node-internals/functions.js';

/** Every server this process listens with, whoever made it, and what is open on each. */
export interface Servers {
  /** Calls back at each server that begins to listen. */
  onListening(callback: () => void): void;
  /** HTTP requests begun so far. */
  requests(): number;
  /** Calls back once, when the request of that number begins. */
  onRequest(number: number, callback: () => void): void;
  /** Connections accepted so far. */
  accepted(): number;
  /** What closes each listening socket, and does nothing else; `close` still has to be called. */
  listening(): (() => void)[];
  /** What is open now; counted when asked, so that no request pays for it. */
  open(): { readonly connections: number; readonly inFlight: number };
  /** A stop has begun: no worker leaves connections to others any more. */
  takePart(): void;
  /** From now on: no new connection; each response says `Connection: close`. Resolves when every server has closed. */
  close(): Promise<void>;
  /** Ends what is still open. */
  destroy(): void;
}

/** When a connection was accepted, kept on its socket. */
const OPENED_AT = Symbol('kf-cluster.opened-at');
type Accepted = net.Socket & { [OPENED_AT]?: number };

interface Tracked {
  /** As accepted, and for TLS the socket within, which is the one that requests know. */
  readonly sockets: Crowd<net.Socket>;
  /** How many are open as accepted. */
  accepted: number;
  readonly sessions: Crowd<Session>;
  /** Where the workers share its socket. */
  holdBack?: HoldBack | undefined;
  /** Once it is on its way out. */
  draining?: DrainingServer;
  /** What ends each observation of it; it may listen again when it has closed. */
  readonly unfollow: (() => void)[];
}

/**
 * Follows all servers of this process from here on, without the app's help: `net.Server.prototype.listen` is the one
 * place that http, https, http2, tls and plain servers pass, and the diagnostics channels of node:http tell of requests.
 */
export function trackServers({ reusePort, evenly }: Pick<WorkerBoot, 'reusePort' | 'evenly'>): Servers {
  const servers = new Map<net.Server, Tracked>();
  const listeners: (() => void)[] = [];
  let total = 0;
  let accepted = 0;
  let stopping = false;
  let draining = false;
  let awaited = 0; // 0 is never: counting begins at 1
  let onAwaited: () => void = () => undefined;

  const listen = net.Server.prototype.listen;
  const onListening = (server: net.Server, tracked: Tracked) => {
    for (const callback of listeners) callback();
    if (evenly && !stopping) {
      tracked.holdBack?.end(); // of a listen that was tried before
      tracked.holdBack = holdBack(server, () => tracked.accepted);
    }
    // Behind the app's own listeners: they ask the server for its address.
    if (draining) queueMicrotask(() => drain(server, tracked));
  };
  net.Server.prototype.listen = standIn(listen as Listen, (server: net.Server, args) => {
    if (!servers.has(server)) {
      const tracked = follow(server, servers, () => (accepted += 1));
      tracked.unfollow.push(observe(server, 'listening', () => onListening(server, tracked)));
    }
    return Reflect.apply(listen, server, reusePort ? withReusePort(args) : args) as net.Server;
  }) as typeof listen;

  const drained = new WeakSet<net.Server>();
  const drain = (server: net.Server, tracked: Tracked) => {
    drained.add(server);
    tracked.draining = drainServer(server, tracked);
  };
  forgiveClose(drained);

  diagnostics.subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    total += 1;
    if (total === awaited) onAwaited();
    if (draining) noteLast(request.socket, response);
    else noteNewest(request.socket, response);
  });

  return {
    onListening: (callback) => void listeners.push(callback),
    requests: () => total,
    onRequest: (number, callback) => {
      awaited = number;
      onAwaited = callback;
    },
    accepted: () => accepted,
    listening: () => [...servers.keys()].flatMap(closeOfListener),
    open: () => {
      let connections = 0;
      let inFlight = 0;
      for (const { accepted, sockets } of servers.values()) {
        connections += accepted;
        for (const socket of sockets.all()) if (isBusy(socket)) inFlight += 1;
      }
      return { connections, inFlight };
    },
    takePart: () => {
      stopping = true;
      for (const { holdBack } of servers.values()) holdBack?.end();
    },
    close: async () => {
      draining = true;
      for (const [server, tracked] of servers) drain(server, tracked);
      await Promise.all([...servers.values()].map((tracked) => tracked.draining?.closed));
    },
    destroy: () => {
      for (const { sockets, sessions } of servers.values()) {
        for (const session of sessions.all()) session.destroy();
        for (const socket of sockets.all()) socket.destroySoon(); // what was written still goes out
      }
    },
  };
}

type Listen = (this: net.Server, ...args: unknown[]) => net.Server;
type Close = (this: net.Server, callback?: (error?: Error) => void) => net.Server;

/** What every `listen` and `connect` of node:net reads its arguments with; exported, though not in its types. */
type NormalizeArgs = (args: unknown[]) => [{ port?: unknown; reusePort?: boolean }, unknown];

/**
 * Lets each worker open the port itself (Node 22.12): node:cluster then leaves the socket to it. Not port 0: each worker
 * would get one of its own; it is shared as usual.
 */
function withReusePort(args: unknown[]): unknown[] {
  const [options, callback] = (net as unknown as { _normalizeArgs: NormalizeArgs })._normalizeArgs(args);
  if (options.port === undefined || Number(options.port) === 0) return args; // a unix socket, a handle, any port
  return [{ ...options, reusePort: true }, ...(typeof callback === 'function' ? [callback] : [])];
}

/**
 * An app that closes its servers at the signal is told that they have closed, and not that they were closed already:
 * many take that error for a failed shutdown.
 */
function forgiveClose(drained: WeakSet<net.Server>): void {
  const { close } = net.Server.prototype;
  net.Server.prototype.close = standIn(close as Close, (server: net.Server, [callback]) => {
    if (!drained.has(server) || !callback) return Reflect.apply(close, server, [callback]);
    server.once('close', () => callback());
    return Reflect.apply(close, server, []);
  });
}

function follow(server: net.Server, servers: Map<net.Server, Tracked>, onAccept: () => void): Tracked {
  const tracked: Tracked = { sockets: new Crowd(), accepted: 0, sessions: new Crowd(), unfollow: [] };
  const on = (event: string, observer: Observer) => void tracked.unfollow.push(observe(server, event, observer));
  servers.set(server, tracked);
  // One function for all of a server's connections: a closure for each, and what `once` makes of it, lives as long as its
  // connection, and is collected the dear way.
  function onClose(this: Accepted): void {
    tracked.sockets.delete(this);
    tracked.accepted -= 1;
    tracked.holdBack?.closed(this[OPENED_AT] ?? 0);
  }
  on('connection', (socket: Accepted) => {
    onAccept();
    tracked.sockets.add(socket);
    tracked.accepted += 1;
    if (tracked.holdBack) socket[OPENED_AT] = tracked.holdBack.opened();
    observe(socket, 'close', onClose);
    tracked.draining?.onSocket(socket);
  });
  // The http layer of an https server works on the TLS socket, not on the one that was accepted.
  on('secureConnection', (socket: net.Socket) => {
    tracked.sockets.add(socket);
    observe(socket, 'close', () => void tracked.sockets.delete(socket));
    tracked.draining?.onSocket(socket);
  });
  on('session', (session: Session) => {
    tracked.sessions.add(session);
    observe(session, 'close', () => void tracked.sessions.delete(session));
    tracked.draining?.onSession(session);
  });
  on('close', () => {
    tracked.holdBack?.end();
    servers.delete(server);
    for (const end of tracked.unfollow) end();
  });
  return tracked;
}
