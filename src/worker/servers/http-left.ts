import type { ServerResponse } from 'node:http';
import type net from 'node:net';
import { isUpgraded } from '../node-internals/http-connection.js';
import { isBusy, newestOn } from './last-response.js';
import type { Tracked } from './tracked-server.js';

/** What is open on the HTTP servers of this process. */
export interface HttpLeft {
  /** Requests that are not answered, and HTTP/2 sessions. */
  readonly requests: number;
  readonly idle: number;
  /** What ends only when the app or its client ends it: upgraded connections, event streams, other streams when `late`. */
  readonly longLived: number;
}

/** @param late whether a response that has begun and goes on is one without an end */
export function httpLeft(servers: ReadonlyMap<net.Server, Tracked>, late: boolean): HttpLeft {
  const left = { requests: 0, idle: 0, longLived: 0 };
  for (const [server, tracked] of servers) if (isHttp(server, tracked)) count(left, server, tracked, late);
  return left;
}

/** Whether a request or an idle connection is left, of what `httpLeft` counts; a look at the first one that is. */
export function isHttpLeft(servers: ReadonlyMap<net.Server, Tracked>, late: boolean): boolean {
  for (const [server, tracked] of servers) {
    if (!isHttp(server, tracked)) continue;
    if ('setSecureContext' in server || tracked.sessions.all().length > 0) {
      const left = { requests: 0, idle: 0, longLived: 0 };
      count(left, server, tracked, late);
      if (left.requests + left.idle > 0) return true;
    } else if (tracked.sockets.some((socket) => kindOf(socket, late) !== 'longLived')) return true;
  }
  return false;
}

/** Of node:http, https or http2. Where the app speaks a protocol of its own its connections are its own matter. */
function isHttp(server: net.Server, { sessions }: Tracked): boolean {
  return 'headersTimeout' in server || 'keepAliveTimeout' in server || sessions.all().length > 0;
}

function count(left: Writable<HttpLeft>, server: net.Server, tracked: Tracked, late: boolean): void {
  const isTls = 'setSecureContext' in server;
  const sockets = tracked.sockets.all().filter((socket) => !isTls || 'encrypted' in socket);
  if (isTls) left.idle += Math.max(0, tracked.accepted - sockets.length); // in their handshake
  left.requests += tracked.sessions.all().length;
  for (const socket of sockets) left[kindOf(socket, late)] += 1;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const EVENT_STREAM = /^content-type: *text\/event-stream/im;

/** The head as it was sent; `getHeader` knows nothing of what was given to `writeHead`. */
function headOf({ _header }: ServerResponse & { readonly _header?: string | null }): string {
  return _header ?? '';
}

function kindOf(socket: net.Socket, late: boolean): keyof HttpLeft {
  if (isUpgraded(socket)) return 'longLived';
  if (!isBusy(socket)) return 'idle';
  const response = newestOn(socket);
  if (!response?.headersSent) return 'requests';
  return late || EVENT_STREAM.test(headOf(response)) ? 'longLived' : 'requests';
}
