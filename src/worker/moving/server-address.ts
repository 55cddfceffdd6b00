import type http from 'node:http';
import type net from 'node:net';
import { isPlainHttp } from '../node-internals/http-connection.js';

/** Where a server listens, in words that are the same in each worker; undefined where its connections cannot be moved. */
export function placeOf(server: net.Server): string | undefined {
  if (!server.listening || !isPlainHttp(server)) return undefined;
  const address = server.address();
  if (address === null) return undefined;
  return typeof address === 'string' ? `http ${address}` : `http ${address.address} ${address.port}`;
}

/** The server of this process that listens there. */
export function serverAt(servers: Iterable<net.Server>, place: string): http.Server | undefined {
  for (const server of servers) if (placeOf(server) === place) return server as http.Server;
  return undefined;
}
