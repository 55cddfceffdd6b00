import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type net from 'node:net';
import { observe } from '../node-internals/emitters.js';
import { activeTrace } from './active-trace.js';
import { CLIENT_GONE, type HeaderSource, type Served } from './served.js';

/** On a response that is not over. */
const SERVED = Symbol('kf-cluster.served');
/** On a connection. */
const LOGGED = Symbol('kf-cluster.logged');

type Response = ServerResponse & { [SERVED]?: Served | undefined; readonly _header?: string | null };
interface Logged {
  readonly address: string;
  /** What was written until the last answer was, in bytes. */
  written: number;
  /** The newest request that is not answered yet, and those before it, where there are any. */
  newest: Response | undefined;
  before: Response[] | undefined;
}
type Socket = net.Socket & { [LOGGED]?: Logged };

export interface FollowParts {
  clientOf(peer: string, forwarded: string | undefined): string;
  /** Whether `clientOf` asks what a proxy says. */
  readonly trusts: boolean;
  onServed(served: Served): void;
}

/**
 * Requests of HTTP/1 over TCP, TLS and to servers of http2. The end of most is said by node:http; that of those whose client
 * went before, by the close of their connection. Every request comes by here: nothing is made for it but its record.
 *
 * @returns to be called with each server that listens
 */
export function followHttp1({ clientOf, trusts, onServed }: FollowParts): (server: net.Server) => void {
  const end = (response: Response, socket: Socket, aborted: boolean) => {
    const served = settle(response, socket, aborted);
    if (served) onServed(served);
  };
  function onClose(this: Socket): void {
    const { before = [], newest } = this[LOGGED]!;
    for (const response of before) end(response, this, true);
    if (newest) end(newest, this, true);
  }
  diagnostics.subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: Response };
    end(response, request.socket, false);
  });
  const open = (socket: Socket): Logged => {
    const peer = socket.remoteAddress ?? '';
    const logged: Logged = {
      address: trusts ? peer : clientOf(peer, undefined),
      written: 0,
      newest: undefined,
      before: undefined,
    };
    socket[LOGGED] = logged;
    observe(socket, 'close', onClose);
    return logged;
  };
  const begin = (request: IncomingMessage, response: Response) => {
    if (request.httpVersionMajor !== 1 || response[SERVED] !== undefined) return;
    const socket: Socket = request.socket;
    const logged = socket[LOGGED] ?? open(socket);
    if (logged.newest) logged.before = [...(logged.before ?? []).filter((one) => one[SERVED]), logged.newest];
    logged.newest = response;
    response[SERVED] = {
      method: request.method ?? 'GET',
      url: request.url ?? '/', // as it came: frameworks shorten it while they route
      protocol: request.httpVersionMinor === 1 ? 'HTTP/1.1' : 'HTTP/1.0',
      client: trusts ? clientOf(logged.address, headerOf(request, 'x-forwarded-for')) : logged.address,
      began: performance.now(),
      trace: activeTrace(),
      source: new Http1Headers(request, response),
      took: 0,
      status: 0,
      bytes: 0,
      aborted: false,
    };
  };
  return (server) => {
    // Whoever instruments node:http wraps `emit` in front of ours: here its span is the active one.
    observe(server, 'request', begin);
    observe(server, 'checkContinue', begin);
  };
}

/** Fills its end in. Undefined for one that is over already, or that began before it was followed. */
function settle(response: Response, socket: Socket, aborted: boolean): Served | undefined {
  const served = response[SERVED];
  const logged = socket[LOGGED];
  if (served === undefined || logged === undefined) return undefined;
  response[SERVED] = undefined;
  if (logged.newest === response) logged.newest = undefined;
  const written = socket.bytesWritten ?? logged.written;
  // Chunks with their frames, as in nginx.
  served.bytes = Math.max(0, written - logged.written - (response._header?.length ?? 0));
  logged.written = written;
  served.took = performance.now() - served.began;
  served.aborted = aborted;
  served.status = aborted && !response.headersSent ? CLIENT_GONE : response.statusCode;
  return served;
}

class Http1Headers implements HeaderSource {
  readonly #request: IncomingMessage;
  readonly #response: Response;

  constructor(request: IncomingMessage, response: Response) {
    this.#request = request;
    this.#response = response;
  }

  requestHeader(name: string): string | undefined {
    return headerOf(this.#request, name);
  }

  /** What was given to `writeHead` stands in no other place than the text that was sent. */
  responseHeader(name: string): string | undefined {
    for (const line of this.#response._header?.split('\r\n') ?? []) {
      const colon = line.indexOf(':');
      if (colon > 0 && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
    }
    return undefined;
  }
}

/** Of the headers as they came: what makes them an object costs an app that does not look at them more than all of a line. */
function headerOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const other = rawHeaders[i]!;
    if (other.length !== name.length || other.toLowerCase() !== name) continue;
    value = value === undefined ? rawHeaders[i + 1]! : `${value}, ${rawHeaders[i + 1]}`;
  }
  return value;
}
