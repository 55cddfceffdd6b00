import net from 'node:net';
import { observeOnce } from './emitters.js';
import { standIn } from './stand-in.js';

/** Servers that a drain has closed to everybody but their own process. */
interface OwnCalls {
  /** To be called with the address where the server listens, before its socket is closed. */
  answer(server: net.Server, address: Address): void;
  /** It listens anew. */
  forget(server: net.Server): void;
}

type Address = string | net.AddressInfo;
type Listen = net.Server['listen'];

const LOOPBACK = '127.0.0.1';
const ANY = new Set(['::', '0.0.0.0']);

/**
 * What is patched: `net.Socket.prototype.connect`, from the moment that the worker leaves. Why: a request in flight may call
 * its own app, a page its API by the port, or a proxy the server behind it in the same process. That was refused once the
 * drain had closed the sockets, and the request failed. Such a call goes to a private socket, which takes the calls of this
 * process alone: a server may have been one that only a single user could reach. Which Node versions: all. Contract:
 * test/process/own-calls.test.ts.
 */
export function ownCalls(): OwnCalls {
  const { listen } = net.Server.prototype; // not yet the one that has servers followed
  const listeners = new Map<net.Server, PrivateListener>();
  let isPatched = false;
  return {
    answer: (server, address) => {
      if (listeners.has(server)) return;
      if (!isPatched) redirect(listeners);
      isPatched = true;
      listeners.set(server, new PrivateListener(server, address, listen));
    },
    forget: (server) => {
      listeners.get(server)?.close();
      listeners.delete(server);
    },
  };
}

function redirect(listeners: ReadonlyMap<net.Server, PrivateListener>): void {
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = standIn(connect, (socket: net.Socket, args: readonly unknown[]) => {
    // `net.connect` gives what it has read already.
    const [options, callback] = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    for (const listener of listeners.values()) {
      const port = listener.portFor(options);
      if (port === undefined) continue;
      listener.expect(socket);
      return Reflect.apply(connect, socket, [{ ...options, path: undefined, host: LOOPBACK, port }, callback]);
    }
    return Reflect.apply(connect, socket, args);
  });
}

/** Takes the calls of this process to one server. Where it cannot be opened they are refused, as they would be without it. */
class PrivateListener {
  readonly #server: net.Server;
  readonly #address: Address;
  readonly #listener: net.Server;
  /** On their way here. */
  readonly #calls = new Set<net.Socket>();
  /** The ports from which calls of this process have come. */
  readonly #ours = new Set<number>();
  /** Accepted, from a port of which it is not known yet whose it is. */
  readonly #waiting = new Map<number, net.Socket>();

  constructor(server: net.Server, address: Address, listen: Listen) {
    this.#server = server;
    this.#address = address;
    this.#listener = new net.Server({ allowHalfOpen: true }, (socket) => this.#onAccept(socket));
    this.#listener.on('error', () => this.#listener.close()).unref();
    Reflect.apply(listen, this.#listener, [{ port: 0, host: LOOPBACK, exclusive: true }]);
  }

  /** Where a call goes that asks for the server's address; undefined for any other. */
  portFor(options: net.ListenOptions): number | undefined {
    if ('localAddress' in options && options.localAddress) return undefined; // of undici it is null
    if (!asksFor(this.#address, options)) return undefined;
    const own = this.#listener.address();
    return typeof own === 'object' ? own?.port : undefined;
  }

  /** This socket connects to it next. */
  expect(socket: net.Socket): void {
    this.#calls.add(socket);
    let port: number | undefined;
    observeOnce(socket, 'connect', () => {
      port = socket.localPort;
      if (port !== undefined) this.#ours.add(port);
      this.#settled(socket);
    });
    observeOnce(socket, 'close', () => {
      if (port !== undefined) this.#ours.delete(port);
      this.#settled(socket);
    });
  }

  close(): void {
    this.#listener.close();
  }

  #settled(call: net.Socket): void {
    this.#calls.delete(call);
    this.#admit();
  }

  #onAccept(socket: net.Socket): void {
    socket.on('error', ignore);
    this.#waiting.set(socket.remotePort ?? 0, socket);
    this.#admit();
  }

  #admit(): void {
    for (const [port, socket] of this.#waiting) {
      const isOurs = this.#ours.delete(port);
      if (!isOurs && this.#calls.size > 0) continue;
      this.#waiting.delete(port);
      if (!isOurs) {
        socket.destroy();
        continue;
      }
      socket.off('error', ignore);
      this.#server.emit('connection', socket);
    }
  }
}

function ignore(): void {
  // Of a connection that is not the server's yet: its `close` follows, which is what counts.
}

function asksFor(address: Address, { path, port, host }: net.ListenOptions): boolean {
  if (typeof address === 'string') return path === address;
  if (path || Number(port) !== address.port) return false;
  if (host === address.address) return true;
  const isHere = host === undefined || host === 'localhost';
  if (!ANY.has(address.address)) return isHere && isLoopback(address.address);
  return isHere || isOfThisMachine(host);
}

function isOfThisMachine(host: string): boolean {
  if (isLoopback(host) || ANY.has(host)) return true;
  const { networkInterfaces } = process.getBuiltinModule('node:os'); // no boot waits for it
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === host));
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
