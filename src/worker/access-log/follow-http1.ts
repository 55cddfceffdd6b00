import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type net from 'node:net';
import { observe } from '../node-internals/emitters.js';
import { activeTrace } from './active-trace.js';
import { CLIENT_GONE, type Needs, type Served, ServedFields } from './served.js';

/** On a connection. */
const LOGGED = Symbol('kf-cluster.logged');

type Response = ServerResponse & { readonly _header?: string | null };
interface Logged {
  readonly address: string;
  /** What was written until the last answer was, in bytes. */
  written: number;
  /** The newest request that is not answered yet, and those before it, where there are any. */
  newest: Http1Request | undefined;
  before: Http1Request[] | undefined;
  /** Of a request that is over: the record of the next one. */
  spare: Http1Request | undefined;
}
/** Node's own count of what was handed to the system; `bytesWritten` adds what waits, which is of later answers, and costs more. */
type Socket = net.Socket & { [LOGGED]?: Logged; readonly _bytesDispatched?: number };

export interface FollowParts {
  clientOf(peer: string, forwarded: string | undefined): string;
  /** Whether `clientOf` asks what a proxy says. */
  readonly trusts: boolean;
  readonly needs: Needs;
  /** For when a request began. */
  now(): number;
  /** What it is given is filled anew by the next request. */
  onServed(served: Served): void;
}

/**
 * Requests of HTTP/1 over TCP, TLS and to servers of http2. The end of most is said by node:http; that of those whose client
 * went before, by the close of their connection. Every request comes by here: nothing is made for it, and nothing put on
 * its objects; a connection has one record, filled anew.
 *
 * @returns to be called with each server that listens
 */
export function followHttp1({ clientOf, trusts, needs, now, onServed }: FollowParts): (server: net.Server) => void {
  const end = (served: Http1Request, socket: Socket, logged: Logged, aborted: boolean) => {
    const written = socket._bytesDispatched ?? socket.bytesWritten ?? logged.written;
    served.end(written - logged.written, needs, aborted);
    logged.written = written;
    onServed(served);
    served.release();
    logged.spare = served;
  };
  function onClose(this: Socket): void {
    const logged = this[LOGGED];
    if (logged === undefined) return;
    const { before = [], newest } = logged;
    logged.before = undefined;
    logged.newest = undefined;
    for (const served of before) end(served, this, logged, true);
    if (newest) end(newest, this, logged, true);
  }
  diagnostics.subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: Response };
    const socket: Socket = request.socket;
    const logged = socket[LOGGED];
    const served = logged && take(logged, response);
    if (served) end(served, socket, logged, false);
  });
  const open = (socket: Socket): Logged => {
    const peer = socket.remoteAddress ?? '';
    const address = trusts ? peer : clientOf(peer, undefined);
    const logged: Logged = { address, written: 0, newest: undefined, before: undefined, spare: undefined };
    socket[LOGGED] = logged;
    observe(socket, 'close', onClose);
    return logged;
  };
  const begin = (request: IncomingMessage, response: Response) => {
    if (request.httpVersionMajor !== 1) return;
    const socket: Socket = request.socket;
    const logged = socket[LOGGED] ?? open(socket);
    if (logged.newest) {
      if (isOf(logged, response)) return; // an app that listens to `checkContinue` emits `request` by itself
      logged.before = [...(logged.before ?? []), logged.newest];
    }
    const client = trusts ? clientOf(logged.address, headerOf(request, 'x-forwarded-for')) : logged.address;
    logged.newest = logged.spare ?? new Http1Request();
    logged.spare = undefined;
    logged.newest.begin(request, response, client, now());
    if (needs.trace) logged.newest.trace = activeTrace();
    if (needs.duration) logged.newest.began = performance.now();
  };
  return (server) => {
    // Whoever instruments node:http wraps `emit` in front of ours: here its span is the active one.
    observe(server, 'request', begin);
    observe(server, 'checkContinue', begin);
  };
}

function isOf({ newest, before = [] }: Logged, response: Response): boolean {
  return newest?.response === response || before.some((one) => one.response === response);
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

class Http1Request extends ServedFields implements Served {
  #request: IncomingMessage | undefined;
  response: Response | undefined;
  began = 0;

  begin(request: IncomingMessage, response: Response, client: string, at: number): void {
    this.#request = request;
    this.response = response;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/'; // as it came: frameworks shorten it while they route
    this.protocol = request.httpVersionMinor === 1 ? 'HTTP/1.1' : 'HTTP/1.0';
    this.client = client;
    this.at = at;
  }

  /** @param written bytes since the answer before */
  end(written: number, needs: Needs, aborted: boolean): void {
    const { response } = this;
    // Chunks with their frames, as in nginx.
    this.bytes = Math.max(0, written - (response?._header?.length ?? 0));
    this.took = needs.duration ? performance.now() - this.began : 0;
    this.aborted = aborted;
    this.status = response === undefined || (aborted && !response.headersSent) ? CLIENT_GONE : response.statusCode;
  }

  /** An idle connection keeps nothing of its last request. */
  release(): void {
    this.#request = undefined;
    this.response = undefined;
    this.trace = undefined;
  }

  requestHeader(name: string): string | undefined {
    return this.#request && headerOf(this.#request, name);
  }

  /** What was given to `writeHead` stands in no other place than the text that was sent. */
  responseHeader(name: string): string | undefined {
    for (const line of this.response?._header?.split('\r\n') ?? []) {
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
    const other = rawHeaders[i] ?? '';
    if (other.length !== name.length || other.toLowerCase() !== name) continue;
    value = value === undefined ? rawHeaders[i + 1] : `${value}, ${rawHeaders[i + 1]}`;
  }
  return value;
}
