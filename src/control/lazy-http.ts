import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import net from 'node:net';
import type { Log } from '../contract/log.js';
import { type Connections, type HttpLimits, trackConnections } from './connection-limits.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A server that listens at once and loads node:http when the first connection comes. */
export interface LazyHttp {
  readonly server: net.Server;
  /** No new connection; those that are idle end, answers under way may finish within `ms` milliseconds. */
  close(ms: number): Promise<void>;
}

/**
 * Most supervisors are hardly ever asked anything: they start faster and stay smaller without an HTTP server. A handler that
 * fails is an answer with 500, and an accept that fails is logged: neither ends the primary.
 */
export function lazyHttp(handler: Handler, limits: HttpLimits, log: Log): LazyHttp {
  const connections = trackConnections(limits);
  let http: Server | undefined;
  let warned = false;
  const server = net.createServer((socket) => {
    connections.add(socket);
    if (socket.destroyed) return;
    http ??= createHttp(handler, limits, connections, log);
    http.emit('connection', socket);
  });
  server.on('error', (error) => {
    if (!server.listening || warned) return; // a failure to listen is reported where it is called
    warned = true;
    log.warn('a connection was not accepted', { why: error.message });
  });
  return {
    server,
    close: async (ms) => {
      if (server.listening) server.close();
      http?.closeIdleConnections();
      const sockets = [...connections.all()];
      const ended = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      const force = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, ms);
      await ended;
      clearTimeout(force);
    },
  };
}

function createHttp(handler: Handler, limits: HttpLimits, connections: Connections, log: Log): Server {
  const { createServer } = process.getBuiltinModule('node:http');
  return createServer(async (request, response) => {
    const { socket } = request;
    // One call a connection: nobody is waited for when the primary ends. What is sent behind it is not answered.
    if (!connections.asks(socket)) return;
    response.setHeader('Connection', 'close');
    connections.allow(socket, hasBody(request) ? limits.bodyMs : limits.answerMs);
    request.once('end', () => {
      if (!response.writableEnded) connections.allow(socket, limits.answerMs);
    });
    try {
      await handler(request, response);
    } catch (error) {
      log.error('a call was not answered', { path: request.url, error: String(error) });
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end('internal error\n');
    }
    if (response.writableEnded) connections.allow(socket, limits.readMs);
  });
}

/** Its `end` comes when somebody reads it, which nobody does where there is nothing to read. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
