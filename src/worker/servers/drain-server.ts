import type http from 'node:http';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import type { WhyDrained } from '../../contract/connection-report.js';
import { MovingServer } from '../moving/moving-server.js';
import { type AnyServer, createEnding } from './end-connections.js';
import { noteNewest } from './last-response.js';
import { isHandedConnections } from './listening-socket.js';
import type { DrainOrder } from './track-servers.js';
import type { Tracked } from './tracked-server.js';

/**
 * With round-robin the primary may just be handing a connection over. It stays with the primary when this process, still
 * alive, refuses it; in milliseconds.
 */
const HANDOVER = 200;
/** How long an HTTP/2 session may be without a new stream before its end is announced all the same, in milliseconds. */
const QUIET = 1_000;
/** How long its client may take to answer the announcement, in milliseconds. */
const ANNOUNCED = 1_000;
/** RFC 9113, 6.8: a GOAWAY with the highest stream number announces the end and refuses nothing that is on its way. */
const NO_STREAM_REFUSED = 2 ** 31 - 1;

/** What is used of an HTTP/2 session of a server. */
export interface Session extends NodeJS.EventEmitter {
  close(): void;
  destroy(): void;
  goaway(code: number, lastStreamId: number): void;
  ping(callback: () => void): boolean;
  readonly closed: boolean;
  readonly destroyed: boolean;
}

/** A server on its way out, and what opens on it late: a TLS handshake may still be under way. */
export interface DrainingServer {
  /** Settles when nothing is open any more. */
  readonly closed: Promise<void>;
  /** How many connections other workers have taken over. */
  moved(): number;
  /** How many have ended here, by reason; only where others were to be moved. */
  readonly drained: ReadonlyMap<WhyDrained, number>;
  onSocket(socket: net.Socket): void;
  onSession(session: Session): void;
  onRequest(socket: net.Socket, response: ServerResponse): void;
  onClose(socket: net.Socket): void;
  /** Something has ended on it. */
  onChange(): void;
  /** Calls back at each such end. */
  follow(callback: () => void): void;
  /** Nobody takes connections any more, and idle ones wait no longer than that, in milliseconds. */
  hasten(idleMs: number): void;
  /** What is on its way to another worker is not ended with what is left here. */
  letGo(): void;
}

/**
 * Takes a server out of service, with no reset that was not there before. `http.Server.close()` would also close idle
 * keep-alive connections, under the feet of a client that is just sending its next request (and, on Node 26, fresh
 * connections that have sent nothing yet). `net.Server.close()` only stops listening. Where another worker takes them
 * over the connections of node:http move; all else stays until its keepAliveTimeout or `idleMs`, and a request that still
 * comes is answered, with `Connection: close`.
 */
export function drainServer(server: AnyServer, tracked: Tracked, { mover, idleMs }: DrainOrder): DrainingServer {
  // First of all, right behind the accept that exit.ts has waited for.
  const closed = close(server, tracked.sockets.all().length > 0);
  const followers: (() => void)[] = [];
  const onChange = () => {
    for (const callback of followers) callback();
  };
  const ending = createEnding(server, idleMs);
  const moving =
    mover && tracked.place !== undefined
      ? new MovingServer(server as http.Server, tracked.place, { sockets: tracked.sockets, mover, onKept: ending.end })
      : undefined;
  const onSocket = (socket: net.Socket) => {
    if (moving?.moves(socket)) moving.look();
    else ending.end(socket);
  };
  const drained = new Map<WhyDrained, number>();
  // The app's own close(), at the signal, is to do no more harm than ours.
  if (server.closeIdleConnections) server.closeIdleConnections = () => undefined;
  for (const socket of tracked.sockets.all()) onSocket(socket);
  for (const session of tracked.sessions.all()) endSession(session);
  void closed.then(() => moving?.end());
  return {
    closed,
    moved: () => moving?.moved() ?? 0,
    drained,
    onSocket,
    onSession: endSession,
    onRequest: (socket, response) => {
      if (moving?.moves(socket)) noteNewest(socket, response);
      else ending.onRequest(socket, response);
      response.once('close', () => {
        moving?.look();
        onChange();
      });
    },
    onClose: (socket) => {
      const why = mover && whyDrained(server, tracked, moving, socket);
      if (why) drained.set(why, (drained.get(why) ?? 0) + 1);
      onChange();
    },
    onChange,
    follow: (callback) => void followers.push(callback),
    hasten: (limit) => {
      ending.hasten(limit);
      if (moving) moving.giveUp();
      else for (const socket of tracked.sockets.all()) ending.end(socket);
    },
    letGo: () => moving?.letGo(),
  };
}

function whyDrained(server: AnyServer, { sessions }: Tracked, moving: MovingServer | undefined, socket: net.Socket) {
  if ('encrypted' in socket) return undefined; // the connection that carries it is counted
  if (sessions.all().length > 0) return 'http2';
  if ('setSecureContext' in server) return 'tls';
  if (!('keepAliveTimeout' in server)) return 'other-protocol';
  if (moving) return moving.whyNot(socket);
  return 'nobody-takes-it';
}

async function close(server: AnyServer, hasOpen: boolean): Promise<void> {
  if (!server.listening && !hasOpen) return;
  const linger = isHandedConnections(server) ? new Promise((resolve) => setTimeout(resolve, HANDOVER)) : undefined;
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  if (server.listening) net.Server.prototype.close.call(server);
  await closed;
  await linger;
}

/**
 * A GOAWAY with the number of the newest stream known here would refuse those on their way. So the end is announced
 * first; after one round trip the client has heard of it, and the session closes when its streams have ended. And it is
 * announced in front of a response where there is one: Node's own client refuses a request that it is just about to send
 * when the GOAWAY arrives, but it sends none before it has read what it waits for.
 */
function endSession(session: Session): void {
  if (session.closed || session.destroyed) return;
  const { close } = session;
  session.close = () => undefined; // Node 24 closes sessions in the app's own server.close(): too early
  const end = () => {
    clearTimeout(timer);
    if (!session.destroyed) Reflect.apply(close, session, []);
  };
  const announce = () => {
    session.off('stream', announce);
    clearTimeout(timer);
    if (session.destroyed) return;
    timer = setTimeout(end, ANNOUNCED).unref(); // a client that does not answer
    session.goaway(0, NO_STREAM_REFUSED);
    if (!session.ping(end)) end();
  };
  let timer = setTimeout(announce, QUIET).unref();
  session.on('stream', announce);
}
