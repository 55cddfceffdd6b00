import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { codeOf } from '../contract/system-error.js';

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

/** Listens on `preferred`, or on any free port when that one is taken; 0 means any at once. */
export async function listen(
  host: string,
  preferred: number,
  onConnection: (socket: Socket) => void,
): Promise<Listener> {
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
  const port = await bindPreferred(server, host, preferred);
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

async function bindPreferred(server: Server, host: string, preferred: number): Promise<number> {
  try {
    await bind(server, host, preferred);
  } catch (error) {
    const taken = ['EADDRINUSE', 'EACCES'].includes(codeOf(error) ?? '');
    if (!taken || preferred === 0) throw error;
    await bind(server, host, 0);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}
