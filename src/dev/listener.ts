import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { bind, bindPreferred, bindTo } from './open-port.js';

/**
 * A listening port whose connections are ours to hand over, reset or close, and that can go away and come back.
 * The servers behind it (gRPC, HTTP) never own a socket.
 */
interface Listener {
  readonly port: number;
  /** Resets the connection that came from this address (`host:port`). */
  reset(peer: string): void;
  /** Stops listening and resets every connection. */
  pause(): Promise<void>;
  /** Listens again on the same port. */
  resume(): Promise<void>;
}

/** Each may hold a request. */
const MAX_CONNECTIONS = 256;

/** A port that is preferred, where any free one serves when it is taken; 0: any at once. Or a socket that listens already. */
export type Place = number | { readonly fd: number };

/** Listens there. */
export async function listen(host: string, place: Place, onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Map<string, Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.set(peer, socket);
    // A peer that resets is its own business; without a listener it would end this process.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(peer));
    onConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await (typeof place === 'number' ? bindPreferred(server, host, place) : bindTo(server, place.fd));
  return {
    port,
    reset: (peer) => {
      const socket = sockets.get(peer);
      if (socket !== undefined) reset(socket);
    },
    pause: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets.values()) reset(socket);
      await closed;
    },
    resume: () => bind(server, host, port),
  };
}

/** Node 20 never closes a socket that is reset while its own FIN is on the way, and then hangs at its exit. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
