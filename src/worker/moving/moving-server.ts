import type http from 'node:http';
import type net from 'node:net';
import type { UnorderedSet } from '../../core/unordered-set.js';
import {
  giveAway,
  hold,
  idleParsers,
  isClean,
  isUpgraded,
  takeBack,
  timeLeft,
} from '../node-internals/http-connection.js';
import type { Mover } from './mover.js';
import { hasJustArrived, requestsOn } from './request-counts.js';

/** How often connections are looked at that were not clean: a request's body may still be on its way. Milliseconds. */
const LOOK_AGAIN = 100;

/**
 * Moves the connections of a server that has stopped listening to other workers, each one as soon as nothing is in flight
 * on it. Until then it is served as always: its client notices nothing.
 */
export class MovingServer {
  readonly #server: http.Server;
  readonly #place: string;
  readonly #sockets: UnorderedSet<net.Socket>;
  readonly #mover: Mover;
  readonly #onKept: (socket: net.Socket) => void;
  readonly #away = new WeakSet<net.Socket>();
  readonly #kept = new WeakSet<net.Socket>();
  readonly #upgraded = new WeakSet<net.Socket>();
  readonly #timer: NodeJS.Timeout;
  /** Connections that the look under way has still to come to. */
  #rest: net.Socket[] = [];
  #scheduled = false;
  #moved = 0;

  /** @param onKept nobody takes that connection: it is to be drained here */
  constructor(
    server: http.Server,
    place: string,
    {
      sockets,
      mover,
      onKept,
    }: { sockets: UnorderedSet<net.Socket>; mover: Mover; onKept: (socket: net.Socket) => void },
  ) {
    this.#server = server;
    this.#place = place;
    this.#sockets = sockets;
    this.#mover = mover;
    this.#onKept = onKept;
    this.#timer = setInterval(() => this.look(), LOOK_AGAIN).unref();
    this.look();
  }

  /** How many have gone. */
  moved(): number {
    return this.#moved;
  }

  /** Why a connection that ends is ended here; undefined for one that has moved, or whose client has ended it. */
  whyNot(socket: net.Socket): 'upgraded' | 'nobody-takes-it' | undefined {
    if (this.#upgraded.has(socket)) return 'upgraded';
    return this.#kept.has(socket) ? 'nobody-takes-it' : undefined;
  }

  /** Whether this connection is still to be moved. */
  moves(socket: net.Socket): boolean {
    return !this.#kept.has(socket);
  }

  /** Something has changed: connections may have become clean. They are looked at behind the present round of the loop. */
  look(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pass();
    });
  }

  /** Nobody takes connections any more. One that is on its way may still come back. */
  giveUp(): void {
    this.end();
    for (const socket of this.#sockets.all()) if (!this.#away.has(socket)) this.#keep(socket);
  }

  /** This process ends. Those that are on their way are not ended with it: they are another process's by now. */
  letGo(): void {
    for (const socket of this.#sockets.all()) if (this.#away.delete(socket)) giveAway(socket);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #pass(): void {
    let free = this.#mover.free();
    if (free <= 0) return this.#mover.onFree(() => this.look());
    const idle = idleParsers(this.#server);
    // Goes on where the look before had to stop: to look at all that are away again costs milliseconds with thousands.
    const goesOn = this.#rest.length > 0;
    if (!goesOn) this.#rest = this.#sockets.all();
    for (let socket = this.#rest.pop(); socket; socket = this.#rest.pop()) {
      if (isUpgraded(socket)) this.#upgraded.add(socket);
      if (this.#away.has(socket) || this.#kept.has(socket) || !isClean(socket, idle)) continue;
      this.#offer(socket);
      free -= 1;
      if (free === 0) return this.#mover.onFree(() => this.look());
    }
    if (goesOn) this.look(); // at those that it had passed and that are clean by now
  }

  #offer(socket: net.Socket): void {
    const left = timeLeft(socket);
    const requests = requestsOn(socket);
    const isFresh = socket.bytesRead === 0 && !hasJustArrived(socket);
    const connection = { place: this.#place, requests, ...(!isFresh && { idleLeft: left }) };
    this.#away.add(socket);
    this.#mover.send(hold(socket), connection, (verdict) => {
      if (!this.#away.delete(socket)) return;
      if (verdict === 'moved') this.#moved += 1;
      if (verdict !== 'kept') return giveAway(socket);
      takeBack(socket, left);
      this.#keep(socket);
    });
  }

  #keep(socket: net.Socket): void {
    this.#kept.add(socket);
    this.#onKept(socket);
  }
}
