import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { codeOf } from '../contract/system-error.js';

/** Of OTLP. */
export const GRPC_PORT = 4317;
export const HTTP_PORT = 4318;

/** A port that listens, for a process that is to be forked with it. */
interface OpenPort {
  readonly port: number;
  /** For the `stdio` of that process, which inherits it. */
  readonly fd: number;
  /** Once that process is forked: the port is its own from then on. */
  close(): void;
}

/**
 * Listens on `preferred`, or on any free port when that one is taken. Who connects before the other process accepts waits in the
 * kernel, so that nothing has to wait for its start.
 */
export async function openPort(host: string, preferred: number): Promise<OpenPort> {
  // Nothing of ours connects before the fork; a stranger finds what it would have found a moment earlier.
  const server = createServer((socket) => void socket.resetAndDestroy());
  const port = await bindPreferred(server, host, preferred);
  return { port, fd: descriptorOf(server), close: () => void server.close() };
}

/** @returns the port; 0 means any at once */
export async function bindPreferred(server: Server, host: string, preferred: number): Promise<number> {
  try {
    await bind(server, host, preferred);
  } catch (error) {
    const taken = ['EADDRINUSE', 'EACCES'].includes(codeOf(error) ?? '');
    if (!taken || preferred === 0) throw error;
    await bind(server, host, 0);
  }
  return portOf(server);
}

/** @returns the port of a socket that listens already */
export async function bindTo(server: Server, fd: number): Promise<number> {
  server.listen({ fd });
  await once(server, 'listening');
  return portOf(server);
}

export async function bind(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}

function descriptorOf({ _handle }: Server & { readonly _handle?: { readonly fd: number } | null }): number {
  if (_handle == null) throw new TypeError('a server that listens has a handle');
  return _handle.fd;
}
