import cluster from 'node:cluster';
import type net from 'node:net';
import { CONNECTION_TABLE_FD, openRow, type Row } from '../../contract/connection-table.js';
import {
  afterClose,
  afterPoll,
  cannotBeAhead,
  closingSoon,
  isAhead,
  isChurning,
  NO_CLOSES,
  newPatience,
  type Patience,
  whileOthersAccept,
} from '../../core/evenness.js';

/** When the others turn out not to take part, how long this worker takes whatever comes, in milliseconds. */
const ALONE = 1_000;
/**
 * How often the connection table is written where connections come and go, in milliseconds: an older entry looks to one that holds back
 * like a worker that accepts nothing, and it takes part.
 */
const PUBLISH_EVERY = 2;

/** What is used of a listening handle. */
interface Handle {
  readStart(): number;
  readStop(): number;
  hasRef(): boolean;
}

/**
 * For a server whose socket the workers share through node:cluster; undefined for any other.
 *
 * @param open how many of its connections are open
 */
export function holdBack(server: net.Server, open: () => number): HoldBack | undefined {
  const handle = sharedHandle(server);
  const { worker } = cluster;
  if (!handle || !worker) return undefined;
  const row = openRow(CONNECTION_TABLE_FD, worker.id, JSON.stringify(server.address()));
  return new HoldBack(handle, row, { open, isListening: () => handleOf(server) === handle });
}

/** Keeps a server's connections even across the workers: the one that is ahead leaves the next to the others. */
export class HoldBack {
  readonly #handle: Handle;
  readonly #row: Row;
  readonly #server: { open(): number; isListening(): boolean };
  #accepted = 0;
  #closes = NO_CLOSES;
  /** While it holds back. */
  #patience: Patience | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polled: NodeJS.Immediate | undefined;
  #outbox: NodeJS.Timeout | undefined;
  #aloneUntil = 0;
  #ended = false;

  constructor(handle: Handle, row: Row, server: { open(): number; isListening(): boolean }) {
    this.#handle = handle;
    this.#row = row;
    this.#server = server;
    this.#publish();
  }

  /** @returns when that was */
  opened(): number {
    const now = milliseconds();
    if (!this.#ended) this.#opened(now);
    return now;
  }

  closed(openedAt: number): void {
    if (this.#ended) return;
    if (!this.#server.isListening()) return this.end();
    const now = milliseconds();
    this.#closes = afterClose(this.#closes, now, openedAt);
    const closing = closingSoon(this.#closes, now);
    if (this.#patience && !isAhead(this.#server.open(), closing, this.#row.peers())) this.#takePart();
    else this.#publish(closing);
  }

  /** It takes part again, and for good. */
  end(): void {
    if (this.#ended) return;
    if (this.#patience && this.#server.isListening()) this.#takePart();
    this.#ended = true;
    this.#rest();
    clearTimeout(this.#outbox);
    this.#row.clear();
  }

  #opened(now: number): void {
    this.#accepted += 1;
    const closing = closingSoon(this.#closes, now);
    const mayHold = !this.#patience && now >= this.#aloneUntil;
    // In this order: where connections come and go the connection table is not read.
    if (!mayHold || cannotBeAhead(this.#server.open(), closing)) return this.#publish(closing);
    const peers = this.#row.peers();
    if (isAhead(this.#server.open(), closing, peers)) this.#pause(newPatience(peers));
    else this.#publish(closing);
  }

  #publish(closing = 0): void {
    if (!isChurning(closing)) return this.#write();
    this.#outbox ??= setTimeout(() => this.#write(), PUBLISH_EVERY).unref();
  }

  #write(): void {
    clearTimeout(this.#outbox);
    this.#outbox = undefined;
    this.#row.write({ open: this.#server.open(), accepted: this.#accepted, holding: this.#patience?.delay ?? 0 });
  }

  #pause(next: Patience): void {
    this.#patience = next;
    this.#handle.readStop();
    this.#publish();
    this.#timer = setTimeout(() => this.#look(), next.delay);
    // A listening handle keeps its process alive; one that is stopped does not.
    if (!this.#handle.hasRef()) this.#timer.unref();
  }

  #takePart(): void {
    this.#rest();
    this.#handle.readStart();
    this.#publish();
  }

  #rest(): void {
    this.#patience = undefined;
    clearTimeout(this.#timer);
    clearImmediate(this.#polled);
  }

  #look(): void {
    if (!this.#server.isListening()) return this.end();
    const peers = this.#row.peers();
    const closing = closingSoon(this.#closes, performance.now());
    if (!this.#patience || !isAhead(this.#server.open(), closing, peers)) return this.#takePart();
    const next = whileOthersAccept(this.#patience, peers);
    if (next) this.#pause(next);
    else this.#poll(this.#patience);
  }

  /** One poll of the event loop: a connection that the others have left must not wait for them. */
  #poll(patience: Patience): void {
    const before = this.#accepted;
    this.#handle.readStart();
    this.#polled = setImmediate(() => {
      if (!this.#server.isListening()) return this.end();
      const next = afterPoll(patience, this.#accepted > before);
      if (next) return this.#pause(next);
      this.#aloneUntil = performance.now() + ALONE;
      this.#takePart();
    });
  }
}

/** Whole ones: kept on each connection, and a number with a fraction would be an object of its own. */
function milliseconds(): number {
  return Math.trunc(performance.now());
}

/** node:cluster gives the handle that it shares a `close` of its own, which notifies the primary. */
function sharedHandle(server: net.Server): Handle | undefined {
  const handle = handleOf(server);
  if (!handle || !Object.hasOwn(handle, 'close') || typeof handle.readStop !== 'function') return undefined;
  // node:net cannot pause a listening handle, and libuv can: what has come through a channel counts as readable, and
  // to stop and start its reading is to stop and start the watcher that accepts. Where that is refused nobody holds back.
  return handle.readStart() === 0 ? handle : undefined;
}

function handleOf({ _handle }: net.Server & { readonly _handle?: Handle | null }): Handle | undefined {
  return _handle ?? undefined;
}
