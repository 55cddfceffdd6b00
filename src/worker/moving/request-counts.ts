import type { ServerResponse } from 'node:http';
import type net from 'node:net';

/** Requests on a connection, where its server has a limit for them. */
const COUNT = Symbol('kf-cluster.requests');
/** On a connection that was moved here, until its first request here. */
const ARRIVED = Symbol('kf-cluster.arrived');

type Counted = net.Socket & { [COUNT]?: number; [ARRIVED]?: true | undefined; server?: Limited };
interface Limited {
  readonly timeout?: number;
  readonly maxRequestsPerSocket?: number | null;
}

export function requestsOn(socket: Counted): number {
  return socket[COUNT] ?? 0;
}

/** Whether it came from another worker, and no request has come on it since. */
export function hasJustArrived(socket: Counted): boolean {
  return socket[ARRIVED] === true;
}

/** It comes from another worker, idle, with so many requests answered on it. */
export function noteArrival(socket: Counted, requests: number): void {
  socket[COUNT] = requests;
  socket[ARRIVED] = true;
}

/** A request has begun on that connection. */
export function noteRequest(socket: net.Socket, response: ServerResponse): void {
  const counted: Counted = socket;
  const limit = counted.server?.maxRequestsPerSocket ?? 0;
  if (limit > 0) count(counted, response, limit);
  if (!counted[ARRIVED]) return;
  // What node:http would do, did it know that a keep-alive timeout is running.
  counted[ARRIVED] = undefined;
  socket.setTimeout(counted.server?.timeout ?? 0);
}

/** node:http counts from the connection's arrival in this process; the limit is one of the whole connection. */
function count(socket: Counted, response: ServerResponse, limit: number): void {
  const requests = (socket[COUNT] ?? 0) + 1;
  socket[COUNT] = requests;
  if (requests < limit) return;
  Object.defineProperty(response, 'maxRequestsOnConnectionReached', {
    get: () => true,
    set: () => undefined,
    configurable: true,
  });
}
