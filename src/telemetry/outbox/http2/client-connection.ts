import type { Socket } from 'node:net';
import {
  codeName,
  codeNumber,
  FLAG,
  FRAME,
  type Frame,
  FrameReader,
  frame,
  frameOfNumbers,
  Http2Fault,
  MAX_31,
  PREFACE,
  SETTING,
  unpadded,
} from './frames.js';
import { type HeaderList, IncomingHeaders } from './incoming-headers.js';
import { ReceiveWindow } from './receive-window.js';
import { type Exchange, type Request, Requests, Unprocessed } from './requests.js';

/** Bytes that wait for the other side to read them: its frames are answered up to there. */
const MOST_WAITING = 16 * 1024 * 1024;

/** The event after which a socket may be written to: over TLS the certificate was checked then. `now`: it is connected. */
type Ready = 'connect' | 'secureConnect' | 'now';

/**
 * The client's side of one HTTP/2 connection (RFC 9113), as far as unary calls need it: without priorities, pushed responses
 * and Node's streams. Those of node:http2 are objects of other shapes than an app's requests and sockets. V8 makes Node's own
 * stream functions, which every request of the app goes through, slower for them (docs/PERFORMANCE.md).
 *
 * It does not keep the process alive. Every request on it ends exactly once, whatever happens.
 */
export class ClientConnection {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #incoming = new IncomingHeaders();
  readonly #received = new ReceiveWindow(0);
  readonly #requests = new Requests();
  /** What goes with the next write. */
  #out: Buffer[] = [PREFACE, frame(FRAME.settings, 0, 0, Buffer.from([0, SETTING.push, 0, 0, 0, 0]))];
  #isReady = false;
  #isGreeted = false;
  #error: Error | undefined;

  constructor(socket: Socket, ready: Ready) {
    this.#socket = socket;
    socket.unref();
    socket.setNoDelay(true);
    socket.on('data', (piece) => this.#read(piece));
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('close', () => this.#requests.endAll(this.#error));
    this.#isReady = ready === 'now';
    if (ready !== 'now') {
      socket.once(ready, () => {
        this.#isReady = true;
        this.#flush();
      });
    }
  }

  /** Whether it takes another request. */
  get isOpen(): boolean {
    return !this.#requests.isEnding && !this.#socket.destroyed;
  }

  /** Whether there was a connection at all: its requests have come to somebody. */
  get wasReady(): boolean {
    return this.#isReady;
  }

  /** Returns what ends the request from here; its exchange hears nothing of that. */
  request(request: Request, exchange: Exchange): () => void {
    if (!this.isOpen) exchange.onEnd(this.#error ?? new Unprocessed('the connection has ended'));
    else this.#requests.add(request, exchange);
    this.#flush();
    return () => {
      this.#out.push(...this.#requests.cancel(exchange));
      this.#flush();
    };
  }

  /** Ends it, and every request on it. */
  close(): void {
    this.#requests.endAll(this.#error);
    this.#out.push(goaway('NO_ERROR'));
    this.#flush();
    this.#end();
  }

  /** What the other side does not read is not waited for. */
  #end(): void {
    if (this.#isReady && this.#socket.writableLength === 0) this.#socket.destroySoon();
    else this.#socket.destroy();
  }

  /** One write: each goes through functions of Node's streams, and to the kernel. */
  #flush(): void {
    if (!this.#isReady || this.#socket.destroyed) return;
    this.#out.push(...this.#requests.frames());
    if (this.#out.length > 0) {
      const bytes = Buffer.concat(this.#out);
      this.#out = [];
      this.#socket.write(bytes);
    }
    if (this.#requests.isEnding && this.#requests.isIdle) this.#end();
  }

  #read(piece: Buffer): void {
    try {
      for (const frame of this.#reader.read(piece)) this.#take(frame);
      if (this.#socket.writableLength > MOST_WAITING) throw new Http2Fault('ENHANCE_YOUR_CALM', 'it does not read');
      this.#flush();
    } catch (error) {
      this.#fail(error, piece);
    }
  }

  #fail(error: unknown, piece: Buffer): void {
    if (!(error instanceof Http2Fault)) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    } else if (this.#isGreeted) {
      this.#error = new Error(`the collector broke HTTP/2: ${error.message}`);
      this.#socket.write(goaway(error.code));
    } else {
      // The first byte of a record of TLS that is an alert: what a server says that was not spoken to in TLS.
      this.#error = new Error(piece[0] === 0x15 ? 'the answer is TLS' : 'the answer is not HTTP/2');
    }
    this.#requests.endAll(this.#error);
    this.#socket.destroy();
  }

  #take(frame: Frame): void {
    this.#check(frame);
    switch (frame.type) {
      case FRAME.data:
        return this.#takeData(frame);
      case FRAME.headers:
        return this.#takeHeaders(this.#incoming.begin(frame));
      case FRAME.continuation:
        return this.#takeHeaders(this.#incoming.continue(frame));
      case FRAME.reset:
        return this.#takeReset(frame);
      case FRAME.settings:
        return this.#takeSettings(frame);
      case FRAME.ping:
        if (!(frame.flags & FLAG.ack)) this.#out.push(pong(frame));
        return;
      case FRAME.goaway:
        return this.#takeGoaway(frame);
      case FRAME.window:
        return this.#takeWindow(frame);
      case FRAME.push:
        throw new Http2Fault('PROTOCOL_ERROR', 'a pushed response, which was not allowed');
      default: // priorities, and what is not known: RFC 9113, 4.1
    }
  }

  /** RFC 9113, 3.4, 5.1 and 6.10. */
  #check({ type, flags, stream }: Frame): void {
    if (!this.#isGreeted && (type !== FRAME.settings || flags & FLAG.ack)) {
      throw new Http2Fault('PROTOCOL_ERROR', 'no settings at the start');
    }
    this.#isGreeted = true;
    if (this.#incoming.openStream !== (type === FRAME.continuation ? stream : undefined)) {
      throw new Http2Fault('PROTOCOL_ERROR', 'headers that are interrupted');
    }
    const isOfStream = type === FRAME.data || type === FRAME.headers || type === FRAME.reset;
    if (isOfStream && !this.#requests.wasBegun(stream)) {
      throw new Http2Fault('PROTOCOL_ERROR', `a frame of stream ${stream}, which was not begun`);
    }
  }

  #takeData(frame: Frame): void {
    const stream = this.#requests.stream(frame.stream);
    this.#out.push(...this.#received.took(frame.content.length));
    if (stream === undefined) return;
    stream.exchange.onData(unpadded(frame));
    if (frame.flags & FLAG.endStream) this.#out.push(...this.#requests.end(frame.stream));
    else this.#out.push(...stream.received.took(frame.content.length));
  }

  #takeHeaders(list: HeaderList | undefined): void {
    if (list === undefined) return;
    const status = list.headers.find(([name]) => name === ':status')?.[1] ?? '';
    // One of 1xx: the response is still to come.
    if (!status.startsWith('1')) this.#takeResponse(list);
    if (list.endStream) this.#out.push(...this.#requests.end(list.stream));
  }

  /** RFC 9113, 8.1: its headers, and trailers that end it. There is no end to what is kept of more. */
  #takeResponse({ stream: id, endStream, headers }: HeaderList): void {
    const stream = this.#requests.stream(id);
    if (stream?.hasHeaders && !endStream) throw new Http2Fault('PROTOCOL_ERROR', 'trailers that end nothing');
    if (stream) stream.hasHeaders = true;
    stream?.exchange.onHeaders(headers);
  }

  #takeReset({ stream, content }: Frame): void {
    const code = codeName(numberOf(content, 0, 4));
    const words = `the collector reset the request: ${code}`;
    if (code === 'NO_ERROR') this.#requests.end(stream);
    else this.#requests.end(stream, code === 'REFUSED_STREAM' ? new Unprocessed(words) : new Error(words));
  }

  #takeSettings({ flags, content }: Frame): void {
    if (flags & FLAG.ack) return;
    this.#requests.allow(content);
    this.#out.push(frame(FRAME.settings, FLAG.ack, 0));
  }

  #takeGoaway({ content }: Frame): void {
    const last = numberOf(content, 0) & MAX_31;
    this.#requests.stop(last, `the collector ends the connection: ${codeName(numberOf(content, 4))}`);
  }

  #takeWindow({ stream, content }: Frame): void {
    const bytes = numberOf(content, 0, 4) & MAX_31;
    if (bytes === 0) throw new Http2Fault('PROTOCOL_ERROR', 'a window that does not grow');
    this.#requests.widen(stream, bytes);
  }
}

const goaway = (code: Parameters<typeof codeNumber>[0]) => frameOfNumbers(FRAME.goaway, 0, 0, codeNumber(code));

function pong({ content }: Frame): Buffer {
  if (content.length !== 8) throw new Http2Fault('FRAME_SIZE_ERROR', `a ping of ${content.length} bytes`);
  return frame(FRAME.ping, FLAG.ack, 0, content);
}

/** The number of 32 bits at this place, in a frame of exactly or at least so many bytes. */
function numberOf(content: Buffer, at: number, exactly?: number): number {
  if (content.length < at + 4 || (exactly !== undefined && content.length !== exactly)) {
    throw new Http2Fault('FRAME_SIZE_ERROR', `a frame of ${content.length} bytes`);
  }
  return content.readUInt32BE(at);
}
