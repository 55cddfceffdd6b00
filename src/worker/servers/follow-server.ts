import type net from 'node:net';
import { UnorderedSet } from '../../core/unordered-set.js';
import { type Observer, observe } from '../node-internals/emitters.js';
import type { Session } from './drain-server.js';
import type { Tracked } from './tracked-server.js';

/** When a connection was accepted, kept on its socket. */
const OPENED_AT = Symbol('kf-cluster.opened-at');
type Accepted = net.Socket & { [OPENED_AT]?: number };
/** Keeps account of what is open on a server, from here until it closes. */
export function followServer(server: net.Server, servers: Map<net.Server, Tracked>, onAccept: () => void): Tracked {
  const tracked: Tracked = { sockets: new UnorderedSet(), accepted: 0, sessions: new UnorderedSet(), unfollow: [] };
  const on = (event: string, observer: Observer) => void tracked.unfollow.push(observe(server, event, observer));
  servers.set(server, tracked);
  // One function for all of a server's connections: a closure for each, and what `once` makes of it, lives as long as its
  // connection, and is collected late.
  function onClose(this: Accepted): void {
    tracked.sockets.delete(this);
    tracked.accepted -= 1;
    tracked.holdBack?.closed(this[OPENED_AT] ?? 0);
    tracked.draining?.onClose(this);
  }
  on('connection', (socket: Accepted) => {
    onAccept();
    tracked.sockets.add(socket);
    tracked.accepted += 1;
    if (tracked.holdBack) socket[OPENED_AT] = tracked.holdBack.opened();
    observe(socket, 'close', onClose);
    tracked.draining?.onSocket(socket);
  });
  // The http layer of an https server works on the TLS socket, not on the one that was accepted.
  on('secureConnection', (socket: net.Socket) => {
    tracked.sockets.add(socket);
    observe(socket, 'close', () => {
      tracked.sockets.delete(socket);
      tracked.draining?.onClose(socket);
    });
    tracked.draining?.onSocket(socket);
  });
  on('session', (session: Session) => {
    tracked.sessions.add(session);
    observe(session, 'close', () => {
      tracked.sessions.delete(session);
      tracked.draining?.onChange();
    });
    tracked.draining?.onSession(session);
  });
  on('close', () => {
    tracked.holdBack?.end();
    servers.delete(server);
    for (const end of tracked.unfollow) end();
  });
  return tracked;
}
