import { FLAG, FRAME, frame, MAX_31, resetFrame, WINDOW_BYTES } from './frames.js';
import { headerBlock, NO_TABLE } from './header-block.js';
import { OutgoingBody, SendWindow } from './outgoing-body.js';
import { PeerSettings } from './peer-settings.js';
import { ReceiveWindow } from './receive-window.js';
import type { Header } from './static-headers.js';

/** The other side has not looked at the request: it may go over another connection at once. RFC 9113, 8.7. */
export class Unprocessed extends Error {}

export interface Request {
  /** Pseudo headers first, names in lower case. */
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** Hears of one request. */
export interface Exchange {
  /** The response's headers, then its trailers. */
  onHeaders(headers: readonly Header[]): void;
  onData(piece: Buffer): void;
  /** Last, and once. Without an error: the answer is whole, or the connection ended without one. */
  onEnd(error: Error | undefined): void;
}

/** A request that was begun. */
interface Stream {
  readonly id: number;
  readonly exchange: Exchange;
  readonly body: OutgoingBody;
  readonly received: ReceiveWindow;
  /** Of its response: what comes next are trailers. */
  hasHeaders: boolean;
}

/** The requests of one connection: those that wait for their turn, and those that have a stream. */
export class Requests {
  readonly #peer = new PeerSettings();
  readonly #window = new SendWindow(WINDOW_BYTES);
  readonly #waiting = new Map<Exchange, Request>();
  readonly #streams = new Map<number, Stream>();
  /** One, until the other side has said how many it takes: it refuses what is beyond. */
  #concurrent = 1;
  #nextStream = 1;
  #isEnding = false;

  /** No new stream is begun on it. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  add(request: Request, exchange: Exchange): void {
    this.#waiting.set(exchange, request);
  }

  /** Forgets a request. What is to be sent for that. */
  cancel(exchange: Exchange): readonly Buffer[] {
    if (this.#waiting.delete(exchange)) return [];
    const stream = [...this.#streams.values()].find((open) => open.exchange === exchange);
    if (stream === undefined) return [];
    this.#streams.delete(stream.id);
    return [resetFrame(stream.id, 'CANCEL')];
  }

  /** Undefined for one that has ended, which the other side may not know yet. */
  stream(id: number): Stream | undefined {
    return this.#streams.get(id);
  }

  wasBegun(id: number): boolean {
    return id % 2 === 1 && id < this.#nextStream;
  }

  /** What may be sent now. */
  frames(): Buffer[] {
    const frames: Buffer[] = [];
    for (const [exchange, request] of this.#waiting) {
      if (this.#isEnding || this.#streams.size >= this.#concurrent) break;
      this.#waiting.delete(exchange);
      frames.push(...this.#begin(request, exchange));
    }
    for (const { id, body } of this.#streams.values()) {
      frames.push(...body.frames(id, this.#window, this.#peer.frameBytes));
    }
    return frames;
  }

  #begin({ headers, body }: Request, exchange: Exchange): Buffer[] {
    const id = this.#nextStream;
    this.#nextStream += 2;
    if (this.#nextStream > MAX_31) this.stop();
    const received = new ReceiveWindow(id);
    const outgoing = new OutgoingBody(body, this.#peer.windowBytes);
    this.#streams.set(id, { id, exchange, body: outgoing, received, hasHeaders: false });
    const block = Buffer.concat([...(id === 1 ? [NO_TABLE] : []), headerBlock(headers)]);
    const frames: Buffer[] = [];
    for (let at = 0; at < block.length; at += this.#peer.frameBytes) {
      const part = block.subarray(at, at + this.#peer.frameBytes);
      const endStream = at === 0 && body.length === 0 ? FLAG.endStream : 0;
      const endHeaders = at + part.length === block.length ? FLAG.endHeaders : 0;
      frames.push(frame(at === 0 ? FRAME.headers : FRAME.continuation, endStream | endHeaders, id, part));
    }
    return frames;
  }

  /** Throws Http2Fault for settings that cannot be. */
  allow(settings: Buffer): void {
    const before = this.#peer.windowBytes;
    this.#peer.read(settings);
    this.#concurrent = this.#peer.concurrent;
    for (const { body } of this.#streams.values()) body.window.add(this.#peer.windowBytes - before);
  }

  /** More may be sent: on stream 0, on the connection. Throws Http2Fault if that is more than a window can be. */
  widen(id: number, bytes: number): void {
    (id === 0 ? this.#window : this.#streams.get(id)?.body.window)?.add(bytes);
  }

  /** Ends one from the other side's words. What is to be sent, where it has not read all of the request. */
  end(id: number, error?: Error): readonly Buffer[] {
    const stream = this.#streams.get(id);
    if (stream === undefined) return [];
    this.#streams.delete(id);
    stream.exchange.onEnd(error);
    return stream.body.isSent || error !== undefined ? [] : [resetFrame(id, 'CANCEL')];
  }

  /** Begins no more. Those that wait may go over another connection, and those after stream `last` too. */
  stop(last = MAX_31, why = 'the connection has no more streams'): void {
    this.#isEnding = true;
    for (const id of this.#streams.keys()) if (id > last) this.end(id, new Unprocessed(why));
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const exchange of waiting) exchange.onEnd(new Unprocessed(why));
  }

  /** Ends all of them. */
  endAll(error: Error | undefined): void {
    this.#isEnding = true;
    const all = [...this.#waiting.keys(), ...[...this.#streams.values()].map(({ exchange }) => exchange)];
    this.#waiting.clear();
    this.#streams.clear();
    for (const exchange of all) exchange.onEnd(error);
  }
}
