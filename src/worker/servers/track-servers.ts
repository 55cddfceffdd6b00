import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import type { WorkerBoot } from '../../config/boot-messages.js';
import type { Mover } from '../moving/mover.js';
import { noteRequest } from '../moving/request-counts.js';
import { placeOf } from '../moving/server-address.js';
import { observe } from '../node-internals/emitters.js';
import { standIn } from '../node-internals/stand-in.js';
import { drainServer } from './drain-server.js';
import { followServer } from './follow-server.js';
import { holdBack } from './hold-back.js';
import { type HttpDrain, watchHttp } from './http-drain.js';
import { keepAddresses } from './kept-address.js';
import { isBusy, noteLast, noteNewest } from './last-response.js';
import { type Listener, listenersOf } from './listening-socket.js';
import { RequestCounter } from './request-counter.js';
import { applyTimeouts, listenArguments, type ServerSettings } from './server-settings.js';
import type { Tracked } from './tracked-server.js';

/** How the servers of a worker that leaves are drained. */
export interface DrainOrder {
  /** Present where other workers take connections over. */
  readonly mover: Mover | undefined;
  /** How long an idle connection may wait for one more request, in milliseconds, where no other worker takes it. */
  readonly idleMs: number;
}

/** Every server this process listens with, whoever made it, and what is open on each. */
export interface Servers {
  /** Calls back at each server that begins to listen. */
  onListening(callback: (server: net.Server) => void): void;
  /** Calls back at each request of HTTP/1, before the app sees it. Every request comes by here. */
  onBegin(callback: RequestBegin): void;
  /** HTTP requests begun so far. */
  requests(): number;
  /** Calls back once, when the request of that number begins. */
  onRequest(number: number, callback: () => void): void;
  /** Calls back once, when the next request begins. */
  onNextRequest(callback: () => void): void;
  /** Connections accepted so far. */
  accepted(): number;
  /** Each listening socket. To close it does nothing else; `drain` still has to be called. */
  listening(): Listener[];
  /** What is open now; counted when asked, so that no request pays for it. */
  open(): { readonly connections: number; readonly inFlight: number };
  /** All of them, with what is open on each. */
  tracked(): ReadonlyMap<net.Server, Tracked>;
  /** A stop has begun: no worker leaves connections to others any more, or takes others' over. */
  takePart(): void;
  isLeaving(): boolean;
  /** From now on no new connection; the open ones move, or end with their next response. */
  drain(order: DrainOrder): HttpDrain;
  /** No worker takes connections over any more, and idle ones wait no longer than that, in milliseconds. */
  hasten(idleMs: number): void;
  /** Ends what is still open. Settles when that is done, or in 200 ms. */
  destroy(): Promise<void>;
}

/** A server that does not listen by itself may be the one of a request too. */
type RequestBegin = (
  request: IncomingMessage,
  response: ServerResponse,
  socket: net.Socket,
  server: net.Server,
) => void;

/** How long clients have to answer the end of their connections, in milliseconds. */
const LINGER = 200;

/**
 * Follows all servers of this process from here on, without the app's help: `net.Server.prototype.listen` is the one
 * place that http, https, http2, tls and plain servers pass, and the diagnostics channels of node:http report requests.
 */
export function trackServers({ evenly, ...settings }: ServerSettings & Pick<WorkerBoot, 'evenly'>): Servers {
  const servers = new Map<net.Server, Tracked>();
  const listeners: ((server: net.Server) => void)[] = [];
  let begun: RequestBegin | undefined;
  const requests = new RequestCounter();
  const drains = new Drains(servers);
  let accepted = 0;
  let stopping = false;

  const onListening = (server: net.Server, tracked: Tracked) => {
    applyTimeouts(server, settings);
    for (const callback of listeners) callback(server);
    if (evenly && !stopping) {
      tracked.holdBack?.end(); // of a listen that was tried before
      tracked.holdBack = holdBack(server, () => tracked.accepted);
    }
    drains.onListening(server, tracked);
  };
  atListen(settings, (server) => {
    if (servers.has(server)) return;
    const tracked = followServer(server, servers, () => (accepted += 1));
    tracked.unfollow.push(observe(server, 'listening', () => onListening(server, tracked)));
  });
  atRequest((request, response, socket, server) => {
    requests.count();
    noteRequest(socket, response);
    drains.onRequest(socket, response, server);
    begun?.(request, response, socket, server);
  });

  return {
    onListening: (callback) => void listeners.push(callback),
    onBegin: (callback) => {
      begun = callback;
    },
    requests: () => requests.total,
    onRequest: (number, callback) => requests.at(number, callback),
    onNextRequest: (callback) => requests.atNext(callback),
    accepted: () => accepted,
    listening: () => [...servers.keys()].flatMap(listenersOf),
    open: () => openOn(servers),
    tracked: () => servers,
    takePart: () => {
      stopping = true;
      for (const [server, tracked] of servers) {
        tracked.holdBack?.end();
        drains.addresses.keep(server);
        tracked.place = placeOf(server); // a server that has stopped listening does not know it any more
      }
    },
    isLeaving: () => stopping,
    drain: (order) => {
      drains.begin(order);
      return watchHttp(servers);
    },
    hasten: (idleMs) => drains.hasten(idleMs),
    destroy: () => endAll([...servers.values()]),
  };
}

/** The drain of all servers, those too that begin to listen while it goes on. */
class Drains {
  readonly #servers: ReadonlyMap<net.Server, Tracked>;
  readonly #drained = new WeakSet<net.Server>();
  readonly addresses = keepAddresses();
  #order: DrainOrder | undefined;
  #hastened: number | undefined;

  constructor(servers: ReadonlyMap<net.Server, Tracked>) {
    this.#servers = servers;
    forgiveClose(this.#drained);
  }

  begin(order: DrainOrder): void {
    const now = this.#hastened === undefined ? order : { mover: undefined, idleMs: this.#hastened };
    this.#order = now;
    for (const [server, tracked] of this.#servers) this.#drain(server, tracked, now);
  }

  hasten(idleMs: number): void {
    this.#hastened = idleMs;
    if (this.#order) this.#order = { mover: undefined, idleMs };
    for (const { draining } of this.#servers.values()) draining?.hasten(idleMs);
  }

  /** Drained behind the app's own listeners: they ask the server for its address. */
  onListening(server: net.Server, tracked: Tracked): void {
    const order = this.#order;
    this.addresses.forget(server);
    if (order) this.addresses.keep(server);
    if (order) queueMicrotask(() => this.#drain(server, tracked, { ...order, mover: undefined }));
  }

  onRequest(socket: net.Socket, response: ServerResponse, server: net.Server): void {
    const draining = this.#of(socket);
    // A server that does not listen by itself is handed connections by one in front of it: nobody moves or ends those.
    if (draining) draining.onRequest(socket, response);
    else if (this.#order && !this.#servers.has(server)) noteLast(socket, response);
    else noteNewest(socket, response);
  }

  /** The draining server of a connection: node:http notes the server on the socket. */
  #of(socket: net.Socket & { readonly server?: net.Server }): Tracked['draining'] {
    return this.#order && socket.server && this.#servers.get(socket.server)?.draining;
  }

  #drain(server: net.Server, tracked: Tracked, how: DrainOrder): void {
    this.#drained.add(server);
    tracked.draining = drainServer(server, tracked, how);
  }
}

function openOn(servers: ReadonlyMap<net.Server, Tracked>): ReturnType<Servers['open']> {
  let connections = 0;
  let inFlight = 0;
  for (const { accepted, sockets } of servers.values()) {
    connections += accepted;
    for (const socket of sockets.all()) if (isBusy(socket)) inFlight += 1;
  }
  return { connections, inFlight };
}

/**
 * The end of each connection is said, and not only torn off: what was written still goes out. Where the process was
 * blocked requests may be here that nobody has read: a connection is idle when the loop has gone round once. A request that
 * is not answered may be while the hooks run; the kernel ends its connection with the process, and its span is an
 * interrupted one.
 */
async function endAll(servers: readonly Tracked[]): Promise<void> {
  for (const { draining } of servers) draining?.letGo();
  for (const { sessions } of servers) for (const session of sessions.all()) session.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  const idle = servers.flatMap(({ sockets }) => sockets.all()).filter((socket) => !isBusy(socket));
  if (idle.length === 0) return;
  const closed = idle.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of idle) socket.end();
  await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, LINGER))]);
  for (const socket of idle) socket.destroy();
}

/** Calls back before each `listen` of a server. */
function atListen(settings: ServerSettings, callback: (server: net.Server) => void): void {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = standIn(listen, (server: net.Server, args) => {
    callback(server);
    return Reflect.apply(listen, server, listenArguments(args, settings, server));
  });
}

/** What node:http says of a request that begins. */
interface Start {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: net.Socket;
  readonly server: net.Server;
}

function atRequest(callback: RequestBegin): void {
  diagnostics.subscribe('http.server.request.start', (message) => {
    const { request, response, socket, server } = message as Start;
    callback(request, response, socket, server);
  });
}

/**
 * An app that closes its servers at the signal gets their `close`, and not an error that they were closed already:
 * many take that error for a failed shutdown.
 */
function forgiveClose(drained: WeakSet<net.Server>): void {
  const { close } = net.Server.prototype;
  net.Server.prototype.close = standIn(close, (server: net.Server, [callback]) => {
    if (!drained.has(server) || typeof callback !== 'function') return Reflect.apply(close, server, [callback]);
    server.once('close', () => callback());
    return Reflect.apply(close, server, []);
  });
}
