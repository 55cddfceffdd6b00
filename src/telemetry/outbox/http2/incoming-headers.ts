import { FLAG, type Frame, Http2Fault, unpadded } from './frames.js';
import { HeaderDecoder } from './header-decoder.js';
import type { Header } from './static-headers.js';

/** Bytes of one list of headers before it is unpacked: far more than any answer has. */
const BLOCK_BYTES = 65_536;
const PRIORITY_BYTES = 5;

/** One whole list: a response's, or its trailers. */
export interface HeaderList {
  readonly stream: number;
  readonly endStream: boolean;
  readonly headers: readonly Header[];
}

interface OpenList {
  readonly first: Frame;
  readonly parts: Buffer[];
  bytes: number;
}

/** Puts the headers of a connection together: HEADERS and what CONTINUATION adds to it. RFC 9113, 6.2 and 6.10. */
export class IncomingHeaders {
  readonly #decoder = new HeaderDecoder();
  #open: OpenList | undefined;

  /** Whether the next frame has to be a CONTINUATION of this stream. */
  get openStream(): number | undefined {
    return this.#open?.first.stream;
  }

  begin(frame: Frame): HeaderList | undefined {
    const content = unpadded(frame);
    const block = frame.flags & FLAG.priority ? content.subarray(PRIORITY_BYTES) : content;
    this.#open = { first: frame, parts: [], bytes: 0 };
    return this.#add(this.#open, block, frame.flags);
  }

  /** Throws Http2Fault where nothing is to be continued. */
  continue({ content, flags }: Frame): HeaderList | undefined {
    if (this.#open === undefined) throw new Http2Fault('PROTOCOL_ERROR', 'more headers than were begun');
    return this.#add(this.#open, content, flags);
  }

  #add(open: OpenList, block: Buffer, flags: number): HeaderList | undefined {
    open.parts.push(block);
    // An empty one costs something too: there is no end to them otherwise.
    open.bytes += block.length + 1;
    if (open.bytes > BLOCK_BYTES)
      throw new Http2Fault('ENHANCE_YOUR_CALM', `more than ${BLOCK_BYTES} bytes of headers`);
    if ((flags & FLAG.endHeaders) === 0) return undefined;
    this.#open = undefined;
    const { stream, flags: firstFlags } = open.first;
    const headers = this.#decoder.decode(Buffer.concat(open.parts));
    return { stream, endStream: (firstFlags & FLAG.endStream) !== 0, headers };
  }
}
