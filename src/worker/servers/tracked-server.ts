import type net from 'node:net';
import type { UnorderedSet } from '../../core/unordered-set.js';
import type { DrainingServer, Session } from './drain-server.js';
import type { HoldBack } from './hold-back.js';

/** A server that listens, or did, and what is open on it. */
export interface Tracked {
  /** As accepted, and for TLS the socket within, which is the one that requests know. */
  readonly sockets: UnorderedSet<net.Socket>;
  /** How many are open as accepted. */
  accepted: number;
  readonly sessions: UnorderedSet<Session>;
  /** Where the workers share its socket. */
  holdBack?: HoldBack | undefined;
  /** Where it listens, if its connections can be moved; noted before it stops. */
  place?: string | undefined;
  /** Once it is on its way out. */
  draining?: DrainingServer;
  /** What ends each observation of it; it may listen again when it has closed. */
  readonly unfollow: (() => void)[];
}
