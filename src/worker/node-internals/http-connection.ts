import type http from 'node:http';
import type net from 'node:net';
import { isRecord } from '../../contract/record-guard.js';
import { observeOnce } from './emitters.js';

/**
 * What is used here of the inside of node:net and node:http (20 to 26): there is no public way to give an open connection
 * to another process and to keep its state. Where anything of it is not as expected a connection counts as not movable,
 * and is drained instead. test/worker/http-connection.test.ts fails on a Node that has changed it.
 */
export interface RawHandle {
  readStart(): number;
  readStop(): number;
  close(): void;
  readonly writeQueueSize?: number;
}

interface Parser {
  readonly socket?: net.Socket | null;
}

type Inside = net.Socket & {
  _handle?: RawHandle | null;
  _httpMessage?: unknown;
  _paused?: boolean;
  parser?: Parser | null;
};

type Listener = { onconnection?(error: number, handle: RawHandle): void };
type InsideServer = http.Server & { _handle?: Listener | null; _connections?: number };

/** What llhttp knows of the connections of a server. */
interface ConnectionsList {
  /** The parsers that are between two messages. */
  idle(): Parser[];
  /** Those whose headers or whole request are late, which then leave the list. */
  expired?(headersTimeout: number, requestTimeout: number): Parser[];
}

/** True for a server of node:http: not one of https or http2, whose state cannot leave the process. */
export function isPlainHttp(server: net.Server): server is http.Server {
  return 'keepAliveTimeout' in server && !('setSecureContext' in server) && connectionsOf(server) !== undefined;
}

/** The parsers of a server that are between two messages: not one byte of a next request was read. Takes time by their number. */
export function idleParsers(server: http.Server): ReadonlySet<unknown> {
  return new Set(connectionsOf(server)?.idle() ?? []);
}

/**
 * Whether nothing of this connection is in this process but its descriptor: every request is answered and the answer
 * with the kernel, and nothing was read of the next one.
 */
export function isClean(socket: net.Socket, idle: ReadonlySet<unknown>): boolean {
  const { _handle, _httpMessage, _paused, parser, bytesRead }: Inside = socket;
  if (!_handle || !parser || _httpMessage || _paused) return false;
  if (typeof _handle.readStop !== 'function' || (_handle.writeQueueSize ?? 0) > 0) return false;
  if (socket.destroyed || socket.writableEnded || socket.readableEnded || socket.isPaused()) return false;
  if (socket.readableLength > 0 || socket.writableLength > 0) return false;
  return bytesRead === 0 || idle.has(parser);
}

/** Whether the HTTP parser was taken off this open connection: by an upgrade or a CONNECT. */
export function isUpgraded(socket: Inside): boolean {
  return socket.parser === null && !socket.destroyed;
}

/** The descriptor of a clean connection. Nothing is read from it any more. */
export function hold(socket: net.Socket): RawHandle {
  const { _handle }: Inside = socket;
  socket.setTimeout(0);
  if (!_handle) throw new TypeError('an open connection has a handle');
  _handle.readStop();
  return _handle;
}

/** Nobody else takes it: it is read again. What came meanwhile has waited in the kernel. */
export function takeBack(socket: Inside, timeout: number): void {
  socket._handle?.readStart();
  if (timeout > 0) socket.setTimeout(timeout);
}

/** Another process has the connection: here it ends, with the events of an end, and nothing is said on the wire. */
export function giveAway(socket: net.Socket): void {
  const inside: Inside = socket;
  const { _handle } = inside;
  inside._handle = null; // or destroy() would let node:http write to it
  socket.destroy();
  _handle?.close();
}

/** Milliseconds that are left of the socket's timeout; 0 for none. */
export function timeLeft(socket: net.Socket): number {
  if (!socket.timeout) return 0;
  const left = (idleStart(Reflect.get(socket, timeoutSymbol(socket))) ?? now()) + socket.timeout - now();
  return Math.max(1, Math.ceil(left));
}

/**
 * Accepts a connection as if the server had accepted it itself: node:net's own settings for a new connection, the
 * server's count and its 'connection' listeners.
 *
 * @returns undefined when the server would not take it
 */
export function accept(server: http.Server, handle: RawHandle): net.Socket | undefined {
  const { _handle, maxConnections, _connections }: InsideServer = server;
  if (!server.listening || typeof _handle?.onconnection !== 'function') return undefined;
  if (maxConnections > 0 && (_connections ?? 0) >= maxConnections) return undefined;
  let accepted: net.Socket | undefined;
  observeOnce(server, 'connection', (socket: net.Socket) => {
    accepted = socket;
  });
  _handle.onconnection(0, handle);
  return accepted;
}

/**
 * To node:http a connection without a request is one whose first headers are late, answered 408 after `headersTimeout`.
 * One that came idle from another worker waits for its next request, and its keep-alive timeout is the one that counts.
 */
export function spareFromHeadersTimeout(server: http.Server, isIdle: (socket: net.Socket) => boolean): void {
  const list = connectionsOf(server);
  if (!list?.expired || Object.hasOwn(list, 'expired')) return;
  const expired = list.expired.bind(list);
  list.expired = (...limits) => expired(...limits).filter(({ socket }) => !socket || !isIdle(socket));
}

function connectionsOf(server: net.Server): ConnectionsList | undefined {
  for (const symbol of Object.getOwnPropertySymbols(server)) {
    if (symbol.description !== 'http.server.connections') continue;
    const list: unknown = Reflect.get(server, symbol);
    return isConnectionsList(list) ? list : undefined;
  }
  return undefined;
}

function isConnectionsList(list: unknown): list is ConnectionsList {
  return isRecord(list) && typeof list.idle === 'function';
}

function timeoutSymbol(socket: net.Socket): symbol {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'timeout') ?? Symbol('none');
}

/** On the clock of node:timers, which is not that of performance.now(). */
function now(): number {
  const timer = setTimeout(() => undefined, 1);
  clearTimeout(timer);
  return idleStart(timer) ?? performance.now();
}

function idleStart(timer: unknown): number | undefined {
  return isRecord(timer) && typeof timer._idleStart === 'number' ? timer._idleStart : undefined;
}
