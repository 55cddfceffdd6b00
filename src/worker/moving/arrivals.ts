import type net from 'node:net';
import type { MovedConnection } from '../../contract/messages.js';
import type { Channel } from '../boot/channel.js';
import { accept, type RawHandle, spareFromHeadersTimeout } from '../node-internals/http-connection.js';
import type { Servers } from '../servers/track-servers.js';
import { hasJustArrived, noteArrival } from './request-counts.js';
import { placeOf, serverAt } from './server-address.js';

/** Passes that are remembered, so that one can be distinguished from one that was lost on its way. */
const REMEMBERED = 4_096;

/** Takes connections of other workers over. */
export interface Arrivals {
  /** Where connections are taken, and how many are open there. */
  room(): Record<string, number>;
  take(pass: number, connection: MovedConnection, handle: RawHandle | undefined): void;
  /** The primary asks about passes, some of which never came. */
  sent(passes: readonly number[]): void;
}

export function createArrivals(
  channel: Pick<Channel, 'send'>,
  servers: Pick<Servers, 'tracked' | 'isLeaving'>,
): Arrivals {
  const seen = new Set<number>();
  let taken: number[] = [];
  let refused: number[] = [];
  const answer = () => {
    if (taken.length > 0) channel.send({ type: 'taken', passes: taken });
    if (refused.length > 0) channel.send({ type: 'refused', passes: refused });
    taken = [];
    refused = [];
  };
  /** One answer for all that came in one round of the event loop. */
  const note = (list: number[], pass: number) => {
    if (taken.length + refused.length === 0) setImmediate(answer);
    list.push(pass);
  };
  return {
    room: () => {
      const places: Record<string, number> = {};
      if (servers.isLeaving()) return places;
      for (const [server, { accepted }] of servers.tracked()) {
        const place = placeOf(server);
        if (place !== undefined) places[place] = accepted;
      }
      return places;
    },
    take: (pass, connection, handle) => {
      if (!handle) return; // Node notifies the sender, which asks
      seen.add(pass);
      const [oldest] = seen;
      if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
      const isIn = !servers.isLeaving() && admit(servers.tracked().keys(), connection, handle);
      if (!isIn) handle.close();
      note(isIn ? taken : refused, pass);
    },
    sent: (passes) => {
      for (const pass of passes) if (!seen.has(pass)) note(refused, pass);
    },
  };
}

function admit(servers: Iterable<net.Server>, connection: MovedConnection, handle: RawHandle): boolean {
  const server = serverAt(servers, connection.place);
  const socket = server && accept(server, handle);
  if (!socket) return false;
  if (connection.idleLeft !== undefined) {
    noteArrival(socket, connection.requests);
    spareFromHeadersTimeout(server, hasJustArrived);
    if (connection.idleLeft > 0) socket.setTimeout(connection.idleLeft);
  }
  return true;
}
