import type { ServerResponse } from 'node:http';
import type net from 'node:net';

/** The newest response on a connection, kept on its socket: no set to maintain for each request. */
const NEWEST = Symbol('kf-cluster.newest-response');
/** On a response that says `Connection: close` because of the drain, and not because its client asked for it. */
const LAST = Symbol('kf-cluster.last-response');

export type HttpSocket = net.Socket & { [NEWEST]?: Marked };
type Marked = ServerResponse & { [LAST]?: boolean };

export function noteNewest(socket: HttpSocket, response: ServerResponse): void {
  socket[NEWEST] = response;
}

/**
 * The same while draining: the connection ends with this response. A request before it that is not answered yet was
 * pipelined: `Connection: close` in its answer would cut this one off, so it is taken back.
 */
export function noteLast(socket: HttpSocket, response: ServerResponse): void {
  const before = socket[NEWEST];
  if (before?.[LAST] && !before.headersSent) before.shouldKeepAlive = true;
  socket[NEWEST] = response;
  endWith(response);
}

/** Lets the newest response in flight on this connection, if any, be its last. */
export function endWithNewest(socket: HttpSocket): void {
  const response = socket[NEWEST];
  if (response && !response.headersSent) endWith(response);
}

/** Whether a request on this connection is not answered yet. */
export function isBusy(socket: HttpSocket): boolean {
  const response = socket[NEWEST];
  return response !== undefined && !response.writableFinished && !response.destroyed;
}

function endWith(response: Marked): void {
  if (!response.shouldKeepAlive) return;
  response.shouldKeepAlive = false;
  response[LAST] = true;
}
