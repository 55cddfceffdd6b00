import type { IncomingMessage, ServerResponse } from 'node:http';
import type net from 'node:net';
import { observe } from '../node-internals/emitters.js';
import { onResponseEnd } from '../node-internals/response-end.js';
import type { Servers } from '../servers/track-servers.js';
import { flat } from './access-lines.js';
import { activeTrace } from './active-trace.js';
import { CLIENT_GONE, type Needs, type Served, ServedFields } from './served.js';

const FORWARDED = 'x-forwarded-for';
/** On a connection. */
const LOGGED = Symbol('kf-cluster.logged');

/** Of an answer that is not in chunks node:http knows how long it is. */
interface Response extends ServerResponse {
  readonly _header?: string | null;
  readonly _contentLength?: number | null;
  readonly _hasBody?: boolean;
}
interface Logged {
  /** Who follows it. */
  readonly by: FollowParts;
  readonly address: string;
  /** What was written until the last answer was, in bytes. */
  written: number;
  /** The newest request that is not answered yet, and those before it, where there are any. */
  newest: Http1Request | undefined;
  before: Http1Request[] | undefined;
}
/** Node's own count of what was handed to the system; `bytesWritten` adds what waits, which is of later answers, and costs more. */
type Socket = net.Socket & { [LOGGED]?: Logged; readonly _bytesDispatched?: number };

export interface FollowParts {
  readonly servers: Pick<Servers, 'onBegin'>;
  clientOf(peer: string, forwarded: string | undefined): string;
  /** Whether `clientOf` asks what a proxy says. */
  readonly trusts: boolean;
  readonly needs: Needs;
  /** For when a request began. */
  now(): number;
  onServed(served: Served): void;
}

/**
 * Requests of HTTP/1 over TCP, TLS and to servers of http2. The end of most is said by node:http; that of those whose client
 * went before, by the close of their connection. Every request comes by here, and what runs between two requests has
 * nothing in the processor's caches: so the least is done, into a record of one before.
 *
 * @returns to be called with each server that listens
 */
export function followHttp1(parts: FollowParts): (server: net.Server) => void {
  const { servers, clientOf, trusts, needs, now, onServed } = parts;
  const spare: Http1Request[] = [];
  const free = (served: Http1Request) => void spare.push(served);
  const end = (served: Http1Request, response: Response, socket: Socket, logged: Logged, aborted: boolean) => {
    const header = response._header?.length ?? 0;
    const known = aborted || response.chunkedEncoding ? undefined : lengthOf(response);
    // To ask the connection is a call into Node's native part, which costs more than all else of this.
    const written = known === undefined ? writtenTo(socket, logged) : logged.written + header + known;
    served.end(response, Math.max(0, written - logged.written - header), aborted);
    logged.written = written;
    onServed(served);
  };
  function onClose(this: Socket): void {
    const logged = this[LOGGED];
    if (logged === undefined) return;
    const open = [...(logged.before ?? []), ...(logged.newest ? [logged.newest] : [])];
    logged.before = undefined;
    logged.newest = undefined;
    for (const served of open) if (served.response) end(served, served.response, this, logged, true);
  }
  onResponseEnd((response: Response, socket: Socket) => {
    const logged = socket[LOGGED];
    const served = logged?.by === parts ? take(logged, response) : undefined;
    if (logged && served) end(served, response, socket, logged, false);
  });
  const open = (socket: Socket): Logged => {
    const peer = socket.remoteAddress ?? '';
    const address = trusts ? peer : flat(clientOf(peer, undefined));
    const logged: Logged = { by: parts, address, written: 0, newest: undefined, before: undefined };
    socket[LOGGED] = logged;
    observe(socket, 'close', onClose);
    return logged;
  };
  const begin = (request: IncomingMessage, response: Response, socket: Socket) => {
    const logged = socket[LOGGED] ?? open(socket);
    if (logged.newest) logged.before = [...(logged.before ?? []), logged.newest];
    const served = spare.pop() ?? new Http1Request(needs, free);
    logged.newest = served;
    served.begin(request, response, now());
    served.client = trusts ? clientOf(logged.address, headerIn(request.rawHeaders, FORWARDED)) : logged.address;
  };
  const followed = new WeakSet<net.Server>();
  servers.onBegin((request, response, socket: Socket, server) => {
    if (socket[LOGGED]?.by === parts || followed.has(server)) begin(request, response, socket);
  });
  return (server) => {
    followed.add(server);
    if (!needs.trace) return;
    // Whoever instruments node:http wraps `emit` in front of ours: here its span is the active one.
    observe(server, 'request', noteTrace);
    observe(server, 'checkContinue', noteTrace);
  };
}

function noteTrace({ socket }: { readonly socket: Socket }, response: Response): void {
  const served = socket[LOGGED]?.newest;
  if (served?.response === response) served.trace = activeTrace();
}

/** Of an answer that was written as a whole; undefined where node:http does not know it. */
function lengthOf({ _hasBody, _contentLength }: Response): number | undefined {
  return _hasBody === false ? 0 : (_contentLength ?? undefined);
}

/** Chunks with their frames, as in nginx. */
function writtenTo(socket: Socket, { written }: Logged): number {
  return socket._bytesDispatched ?? socket.bytesWritten ?? written;
}

/** Undefined for one that is over already, or that began before it was followed. */
function take(logged: Logged, response: Response): Http1Request | undefined {
  const { newest } = logged;
  if (newest?.response === response) {
    logged.newest = undefined;
    return newest;
  }
  const { before = [] } = logged;
  const served = before.find((one) => one.response === response);
  if (served) logged.before = before.filter((one) => one !== served);
  return served;
}

/** Of a request what its line says; kept until that is written, and filled anew for another request. */
class Http1Request extends ServedFields implements Served {
  response: Response | undefined;
  began = 0;
  readonly #needs: Needs;
  readonly #free: (request: Http1Request) => void;
  /** Names and values, in turns. */
  #requestHeaders: readonly string[] = NONE;
  #responseHeaders = '';

  constructor(needs: Needs, free: (request: Http1Request) => void) {
    super();
    this.#needs = needs;
    this.#free = free;
  }

  begin(request: IncomingMessage, response: Response, at: number): void {
    this.response = response;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/'; // as it came: frameworks shorten it while they route
    this.protocol = request.httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
    this.at = at;
    if (this.#needs.duration) this.began = performance.now();
    if (this.#needs.requestHeaders.length > 0) this.#requestHeaders = request.rawHeaders;
  }

  end(response: Response, bytes: number, aborted: boolean): void {
    this.bytes = bytes;
    this.aborted = aborted;
    this.status = aborted && !response.headersSent ? CLIENT_GONE : response.statusCode;
    this.response = undefined;
    if (this.#needs.duration) this.took = performance.now() - this.began;
    if (this.#needs.responseHeaders.length > 0) this.#responseHeaders = response._header ?? '';
  }

  /** What a client sent stays no longer than its line waits. */
  release(): void {
    this.url = '';
    this.trace = undefined;
    this.#requestHeaders = NONE;
    this.#responseHeaders = '';
    this.#free(this);
  }

  requestHeader(at: number): string | undefined {
    return headerIn(this.#requestHeaders, this.#needs.requestHeaders[at] ?? '');
  }

  /** What was given to `writeHead` stands in no other place than the text that was sent. */
  responseHeader(at: number): string | undefined {
    const name = this.#needs.responseHeaders[at];
    for (const line of this.#responseHeaders.split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0 && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
    }
    return undefined;
  }
}

const NONE: readonly string[] = [];

/** Of the headers as they came: what makes them an object costs an app that does not look at them more than all of a line. */
function headerIn(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const other = rawHeaders[i] ?? '';
    if (other.length !== name.length || (other !== name && other.toLowerCase() !== name)) continue;
    value = value === undefined ? rawHeaders[i + 1] : `${value}, ${rawHeaders[i + 1]}`;
  }
  return value;
}
