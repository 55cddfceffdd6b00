import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type net from 'node:net';
import { observe } from '../node-internals/emitters.js';
import { activeTrace } from './active-trace.js';
import { CLIENT_GONE, type Served, type Trace } from './served.js';

/** On a response that is not over. */
const EXCHANGE = Symbol('kf-cluster.exchange');
/** On a connection. */
const LOGGED = Symbol('kf-cluster.logged');

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly began: number;
  readonly at: number;
  readonly trace: Trace | undefined;
  readonly client: string;
}
type Response = ServerResponse & { [EXCHANGE]?: Exchange | undefined; readonly _header?: string | null };
interface Logged {
  /** What was written until the last answer was. */
  written: number;
  /** Not answered yet, in their order. */
  readonly open: Response[];
}
type Socket = net.Socket & { [LOGGED]?: Logged };

export type ClientOf = (peer: string, forwarded: string | undefined) => string;
export type OnServed = (served: Served) => void;

/**
 * Requests of HTTP/1 over TCP, TLS and to servers of http2. The end of most is said by node:http; that of those whose client
 * went before, by the close of their connection.
 *
 * @returns to be called with each server that listens
 */
export function followHttp1(clientOf: ClientOf, onServed: OnServed): (server: net.Server) => void {
  const end = (response: Response, socket: Socket, aborted: boolean) => {
    const exchange = response[EXCHANGE];
    const logged = socket[LOGGED];
    if (exchange === undefined || logged === undefined) return;
    response[EXCHANGE] = undefined;
    if (logged.open[0] === response) logged.open.shift();
    onServed(servedOf(exchange, response, bytesOf(response, socket, logged), aborted));
  };
  function onClose(this: Socket): void {
    // Each of them takes itself off.
    for (const response of [...(this[LOGGED]?.open ?? [])]) end(response, this, true);
  }
  diagnostics.subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: Response };
    end(response, request.socket, false);
  });
  const begin = (request: IncomingMessage, response: Response) => {
    if (request.httpVersionMajor !== 1 || response[EXCHANGE] !== undefined) return;
    const socket: Socket = request.socket;
    let logged = socket[LOGGED];
    if (logged === undefined) {
      logged = { written: 0, open: [] };
      socket[LOGGED] = logged;
      observe(socket, 'close', onClose);
    }
    logged.open.push(response);
    response[EXCHANGE] = {
      method: request.method ?? 'GET',
      url: request.url ?? '/', // as it came: frameworks shorten it while they route
      began: performance.now(),
      at: Date.now(),
      trace: activeTrace(),
      client: clientOf(socket.remoteAddress ?? '', forwardedOf(request)),
    };
  };
  return (server) => {
    // Whoever instruments node:http wraps `emit` in front of ours: here its span is the active one.
    observe(server, 'request', begin);
    observe(server, 'checkContinue', begin);
  };
}

function forwardedOf({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-forwarded-for'];
  return typeof given === 'string' ? given : given?.join(',');
}

/** What went out since the answer before, without the headers; chunks with their frames, as in nginx. */
function bytesOf({ _header }: Response, { bytesWritten }: Socket, logged: Logged): number {
  const sent = (bytesWritten ?? logged.written) - logged.written;
  logged.written += sent;
  return Math.max(0, sent - (_header?.length ?? 0));
}

function servedOf(exchange: Exchange, response: Response, bytes: number, aborted: boolean): Served {
  const { method, url, at, began, trace, client } = exchange;
  const { headers, httpVersion } = response.req;
  return {
    ...{ method, url, protocol: `HTTP/${httpVersion}`, headers, client, at, bytes, aborted, trace },
    milliseconds: performance.now() - began,
    status: aborted && !response.headersSent ? CLIENT_GONE : response.statusCode,
    responseHeader: (name) => sentHeader(response, name),
  };
}

/** What was given to `writeHead` stands in no other place than the text that was sent. */
function sentHeader(response: Response, name: string): string | undefined {
  for (const line of response._header?.split('\r\n') ?? []) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}
