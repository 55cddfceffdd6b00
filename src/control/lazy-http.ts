import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import net from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that listens at once and loads node:http when the first connection comes. */
export interface LazyHttp {
  readonly server: net.Server;
  /** No new connection; those that are idle end, answers under way may finish within `ms` milliseconds. */
  close(ms: number): Promise<void>;
}

/** Most supervisors are hardly ever asked anything: they start faster and stay smaller without an HTTP server. */
export function lazyHttp(handler: Handler): LazyHttp {
  const sockets = new Set<net.Socket>();
  let http: Server | undefined;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // the caller has gone
    http ??= createHttp(handler);
    http.emit('connection', socket);
  });
  return {
    server,
    close: async (ms) => {
      if (server.listening) server.close();
      http?.closeIdleConnections();
      const ended = Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      const force = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, ms);
      await ended;
      clearTimeout(force);
    },
  };
}

function createHttp(handler: Handler): Server {
  const { createServer } = process.getBuiltinModule('node:http');
  // One call a connection: nobody is waited for when the primary ends.
  return createServer((request, response) => {
    response.setHeader('Connection', 'close');
    handler(request, response);
  });
}
