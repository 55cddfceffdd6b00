import net from 'node:net';
import type { WorkerBoot } from '../../config/boot-messages.js';

export type ServerSettings = Pick<
  WorkerBoot,
  'keepAliveTimeoutMs' | 'headersTimeoutMs' | 'requestTimeoutMs' | 'backlog' | 'reusePort'
>;

type Timed = net.Server & Partial<Record<'keepAliveTimeout' | 'headersTimeout' | 'requestTimeout', number>>;
/** What node:http gives each server, in milliseconds (Node 20 to 26). */
const OF_NODE = { keepAliveTimeout: 5_000, headersTimeout: 60_000, requestTimeout: 300_000 } as const;

/** Sets the timeouts that the app has left as Node has them. An app that sets them once it listens overrules ours. */
export function applyTimeouts(server: net.Server, settings: ServerSettings): void {
  const { keepAliveTimeoutMs, headersTimeoutMs, requestTimeoutMs } = settings;
  const wanted = {
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
  };
  const timed: Timed = server;
  for (const name of ['keepAliveTimeout', 'headersTimeout', 'requestTimeout'] as const) {
    const value = wanted[name];
    if (value !== undefined && timed[name] === OF_NODE[name]) timed[name] = value;
  }
}

/**
 * The arguments of `listen`, with what is asked for here and not by the app. `reusePort` lets each worker open the port itself
 * (Node 22.12): node:cluster then leaves the socket to it. Not port 0: each worker would get one of its own; it is shared
 * as usual.
 *
 * A server of HTTP that asks for its port alone shares it too: srvx does so for every app (h3, Nitro), and the second worker, or
 * the first of a reload, could never listen. A plain server keeps it: so one looks whether a port is free.
 */
export function listenArguments(
  args: unknown[],
  { backlog, reusePort }: Pick<ServerSettings, 'backlog' | 'reusePort'>,
  server: net.Server,
) {
  const alone = isExclusive(args[0]);
  if (!reusePort && backlog === undefined && !alone) return args;
  const [read, callback] = net._normalizeArgs(args);
  // `listen()` and `listen(callback)` are any free port; Node's reading of them is none yet.
  const options = args.length === 0 || typeof args[0] === 'function' ? { ...read, port: 0 } : read;
  const fixedPort = options.port !== undefined && Number(options.port) !== 0;
  const ownPort = reusePort && fixedPort;
  const shared = alone && fixedPort && !ownPort && answersHttp(server);
  const asked = backlogIn(args) ?? options.backlog ?? backlog;
  if (!ownPort && !shared && asked === undefined) return args; // a unix socket, a handle, any port
  const given = {
    ...options,
    ...(asked === undefined ? {} : { backlog: asked }),
    ...(ownPort && { reusePort: true }),
    ...(shared && { exclusive: false }),
  };
  return [given, ...(typeof callback === 'function' ? [callback] : [])];
}

/** Whether an app asks for the address alone. With its own `reusePort` that is Node's doing, and no obstacle to the others. */
function isExclusive(options: unknown): boolean {
  if (typeof options !== 'object' || options === null || !('exclusive' in options)) return false;
  return Boolean(options.exclusive) && !('reusePort' in options && options.reusePort);
}

function answersHttp(server: net.Server): boolean {
  return server.listenerCount('request') > 0 || server.listenerCount('stream') > 0;
}

/** `listen(port, host, backlog)`, `listen(path, backlog)`: where it stands in no options. */
function backlogIn([first, ...rest]: unknown[]): number | undefined {
  if (typeof first === 'object') return undefined;
  return rest.slice(0, 2).find((arg): arg is number => typeof arg === 'number' && arg > 0);
}
