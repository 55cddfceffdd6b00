import type { ServerResponse } from 'node:http';
import type net from 'node:net';

/** The newest response on a connection, kept on its socket: no set to maintain for each request. */
const NEWEST = Symbol('kf-cluster.newest-response');
/** On a response that says `Connection: close` because of the drain, and not because its client asked for it. */
const LAST = Symbol('kf-cluster.last-response');
/** On the response of a request that came behind the last one. */
const LATE = Symbol('kf-cluster.late-request');

type HttpSocket = net.Socket & { [NEWEST]?: Marked };
type Marked = ServerResponse & { [LAST]?: boolean; [LATE]?: true };

export function noteNewest(socket: HttpSocket, response: ServerResponse): void {
  socket[NEWEST] = response;
}

/**
 * The same while draining: the connection ends with this response. A request before it that is not answered yet was
 * pipelined: `Connection: close` in its answer would cut this one off, so it is taken back. Where that answer is on its
 * way already nobody will read another one, and this request must not be begun: its client knows by the `close` that it
 * was not, and may send it again (RFC 9112, 9.6).
 */
export function noteLast(socket: HttpSocket, response: Marked): void {
  const before = socket[NEWEST];
  // An offer of an upgrade says no `close`: node:http keeps that connection.
  if (before?.[LAST] && before.headersSent && !before.shouldKeepAlive) {
    response[LATE] = true;
    return;
  }
  if (before?.[LAST] && !before.headersSent) before.shouldKeepAlive = true;
  socket[NEWEST] = response;
  endWith(response);
}

/** Whether a request came behind the last response of its connection: it is not to be dispatched. */
export function isTooLate(response: unknown): boolean {
  return typeof response === 'object' && response !== null && LATE in response && response[LATE] === true;
}

/** The newest response on a connection, answered or not. */
export function newestOn(socket: HttpSocket): ServerResponse | undefined {
  return socket[NEWEST];
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

/** Whether requests came on this connection and all are answered. */
export function isIdle(socket: HttpSocket): boolean {
  return socket[NEWEST] !== undefined && !isBusy(socket);
}

function endWith(response: Marked): void {
  if (!response.shouldKeepAlive) return;
  response.shouldKeepAlive = false;
  response[LAST] = true;
  overrule(response);
}

/**
 * A `Connection` header of the app's own stands above `shouldKeepAlive`: an app that says `keep-alive` in every response
 * would hold its connections through the whole drain.
 */
function overrule(response: Marked): void {
  const { writeHead } = response;
  response.writeHead = (...args: unknown[]) => {
    if (response.shouldKeepAlive) return Reflect.apply(writeHead, response, args); // taken back: another one is the last
    if (says(response.getHeader('connection'))) response.setHeader('Connection', 'close');
    return Reflect.apply(writeHead, response, args.map(withClose));
  };
}

/** The headers of a `writeHead`, in any of the three forms that Node takes; anything else as it is. */
function withClose(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const close = ([name, value]: readonly [unknown, unknown]) =>
    `${name}`.toLowerCase() === 'connection' && says(value) ? [name, 'close'] : [name, value];
  if (!Array.isArray(given)) return Object.fromEntries(Object.entries(given).map(close));
  if (Array.isArray(given[0])) return given.map(close);
  return given.flatMap((name, at) => (at % 2 === 0 ? close([name, given[at + 1]]) : []));
}

/** Whether it is a `Connection` that can be another: not that of an upgrade. */
function says(connection: unknown): boolean {
  return connection !== undefined && !/upgrade/i.test(`${connection}`);
}
