import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';

/** The newest response on a connection, kept on its socket: no set to maintain for each request. */
const NEWEST = Symbol('kf-cluster.newest-response');
type HttpSocket = net.Socket & { [NEWEST]?: ServerResponse };
type Session = { close(): void; destroy(): void; closed: boolean };

/** Every server this process listens with, whoever made it, and what is open on each. */
export interface Servers {
  /** Calls back at each server that begins to listen. */
  onListening(callback: () => void): void;
  /** HTTP requests begun so far. */
  requests(): number;
  /** Calls back once, when the request of that number begins. */
  onRequest(number: number, callback: () => void): void;
  /** What is open now; counted when asked, so that no request pays for it. */
  open(): { readonly connections: number; readonly inFlight: number };
  /** From now on: no new connection; each response says `Connection: close`. Resolves when every server has closed. */
  close(): Promise<void>;
  /** Ends what is still open. */
  destroy(): void;
}

interface Tracked {
  /** As accepted, and for TLS the socket within, which is the one that requests know. */
  readonly sockets: Set<net.Socket>;
  readonly accepted: Set<net.Socket>;
  readonly sessions: Set<Session>;
}

/**
 * Follows all servers of this process from here on, without the app's help: `net.Server.prototype.listen` is the one
 * place that http, https, http2, tls and plain servers pass, and the diagnostics channels of node:http tell of requests.
 */
export function trackServers(reusePort: boolean): Servers {
  const servers = new Map<net.Server, Tracked>();
  const listeners: (() => void)[] = [];
  let total = 0;
  let draining = false;
  let awaited = 0; // 0 is never: counting begins at 1
  let onAwaited: () => void = () => undefined;

  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    if (!servers.has(this)) follow(this, servers, () => draining);
    this.once('listening', () => {
      for (const callback of listeners) callback();
    });
    return Reflect.apply(listen, this, reusePort ? withReusePort(args) : args) as net.Server;
  } as typeof listen;

  diagnostics.subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    total += 1;
    if (total === awaited) onAwaited();
    (request.socket as HttpSocket)[NEWEST] = response;
    if (draining) response.shouldKeepAlive = false;
  });

  return {
    onListening: (callback) => void listeners.push(callback),
    requests: () => total,
    onRequest: (number, callback) => {
      awaited = number;
      onAwaited = callback;
    },
    open: () => {
      let connections = 0;
      let inFlight = 0;
      for (const { accepted, sockets } of servers.values()) {
        connections += accepted.size;
        for (const socket of sockets) if (isBusy(socket)) inFlight += 1;
      }
      return { connections, inFlight };
    },
    close: async () => {
      draining = true;
      await Promise.all([...servers].map(([server, tracked]) => closeOne(server, tracked)));
    },
    destroy: () => {
      for (const { sockets, sessions } of servers.values()) {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }
    },
  };
}

/** What every `listen` and `connect` of node:net reads its arguments with; exported, though not in its types. */
type NormalizeArgs = (args: unknown[]) => [{ port?: unknown; reusePort?: boolean }, unknown];

/** Lets each worker open the port itself (Node 22.12): node:cluster then leaves the socket to it. */
function withReusePort(args: unknown[]): unknown[] {
  const [options, callback] = (net as unknown as { _normalizeArgs: NormalizeArgs })._normalizeArgs(args);
  if (options.port === undefined) return args; // a unix socket or a handle
  return [{ ...options, reusePort: true }, ...(typeof callback === 'function' ? [callback] : [])];
}

function follow(server: net.Server, servers: Map<net.Server, Tracked>, isDraining: () => boolean): void {
  const tracked: Tracked = { sockets: new Set(), accepted: new Set(), sessions: new Set() };
  servers.set(server, tracked);
  server.on('connection', (socket: net.Socket) => {
    tracked.sockets.add(socket);
    tracked.accepted.add(socket);
    socket.once('close', () => {
      tracked.sockets.delete(socket);
      tracked.accepted.delete(socket);
    });
  });
  // The http layer of an https server works on the TLS socket, not on the one that was accepted.
  server.on('secureConnection', (socket: net.Socket) => {
    tracked.sockets.add(socket);
    socket.once('close', () => tracked.sockets.delete(socket));
  });
  server.on('session', (session: Session & NodeJS.EventEmitter) => {
    tracked.sessions.add(session);
    session.once('close', () => tracked.sessions.delete(session));
    if (isDraining()) session.close();
  });
  server.once('close', () => servers.delete(server));
}

/**
 * `http.Server.close()` also closes idle keep-alive connections, under the feet of a client that is just sending its
 * next request (and, on Node 26, fresh connections that have sent nothing yet). `net.Server.close()` only stops
 * listening: idle connections stay until their own keepAliveTimeout, and a request that still comes is answered.
 */
async function closeOne(server: net.Server, { sockets, sessions }: Tracked): Promise<void> {
  const closed = server.listening || sockets.size > 0 ? once(server, 'close') : undefined;
  if (server.listening) net.Server.prototype.close.call(server);
  for (const session of sessions) session.close(); // HTTP/2: GOAWAY, streams in flight finish
  for (const socket of sockets) lastOne(socket);
  await closed;
}

function once(server: net.Server, event: string): Promise<void> {
  return new Promise((resolve) => server.once(event, () => resolve()));
}

/** Lets the response in flight on this connection, if any, be its last. */
function lastOne(socket: HttpSocket): void {
  const response = socket[NEWEST];
  if (response && !response.headersSent) response.shouldKeepAlive = false;
}

/** Whether a request on this connection is not answered yet. */
function isBusy(socket: HttpSocket): boolean {
  const response = socket[NEWEST];
  return response !== undefined && !response.writableFinished && !response.destroyed;
}
