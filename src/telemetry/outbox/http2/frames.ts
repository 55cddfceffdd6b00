/** Frames of HTTP/2 and what they are called: RFC 9113, sections 4, 6 and 7. */

export const FRAME = {
  ...{ data: 0, headers: 1, priority: 2, reset: 3, settings: 4 },
  ...{ push: 5, ping: 6, goaway: 7, window: 8, continuation: 9 },
} as const;

export const FLAG = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const SETTING = { push: 2, concurrent: 3, window: 4, frame: 5 } as const;

/** Bytes of a frame's content, by both sides, unless they allow more. */
export const FRAME_BYTES = 16_384;

/** Bytes that may be sent before the other side asks for more, of a stream and of a connection. */
export const WINDOW_BYTES = 65_535;

/** The largest window, stream number and increment. */
export const MAX_31 = 0x7fff_ffff;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

const CODES = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
] as const;

type Http2Code = (typeof CODES)[number];

export const codeNumber = (code: Http2Code): number => CODES.indexOf(code);

/** The name of an error code that the other side sent. */
export const codeName = (number: number): string => CODES[number] ?? `code ${number}`;

/** What the other side did wrong: the connection ends by it. */
export class Http2Fault extends Error {
  readonly code: Http2Code;

  constructor(code: Http2Code, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  /** 0: the connection. */
  readonly stream: number;
  readonly content: Buffer;
}

const HEAD_BYTES = 9;
const LENGTH_BYTES = 3;
const NOTHING = Buffer.alloc(0);

export function frame(type: number, flags: number, stream: number, content: Uint8Array = NOTHING): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + content.length);
  bytes.writeUIntBE(content.length, 0, LENGTH_BYTES);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(content, HEAD_BYTES);
  return bytes;
}

/** A frame whose content is numbers of 32 bits. */
export function frameOfNumbers(type: number, stream: number, ...numbers: readonly number[]): Buffer {
  const content = Buffer.allocUnsafe(4 * numbers.length);
  for (const [at, number] of numbers.entries()) content.writeUInt32BE(number, 4 * at);
  return frame(type, 0, stream, content);
}

/** Ends one stream. */
export const resetFrame = (stream: number, code: Http2Code): Buffer =>
  frameOfNumbers(FRAME.reset, stream, codeNumber(code));

/** Puts frames together again from the pieces in which they come. */
export class FrameReader {
  #rest: Buffer = NOTHING;

  /** The frames that are whole with this piece. Throws Http2Fault for one that is longer than we allow. */
  *read(piece: Buffer): Generator<Frame> {
    let bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    // Kept first: a fault ends the loop.
    this.#rest = bytes;
    while (bytes.length >= LENGTH_BYTES) {
      const length = bytes.readUIntBE(0, LENGTH_BYTES);
      if (length > FRAME_BYTES) throw new Http2Fault('FRAME_SIZE_ERROR', `a frame of ${length} bytes`);
      if (bytes.length < HEAD_BYTES + length) break;
      const stream = bytes.readUInt32BE(5) & MAX_31;
      const content = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
      const [type, flags] = [bytes.readUInt8(3), bytes.readUInt8(4)];
      bytes = bytes.subarray(HEAD_BYTES + length);
      this.#rest = bytes;
      yield { type, flags, stream, content };
    }
  }
}

/** The content of DATA or HEADERS without its padding: RFC 9113, 6.1. */
export function unpadded({ flags, content }: Frame): Buffer {
  if ((flags & FLAG.padded) === 0) return content;
  const padding = content[0] ?? Number.POSITIVE_INFINITY;
  if (padding >= content.length) throw new Http2Fault('PROTOCOL_ERROR', 'a frame of nothing but padding');
  return content.subarray(1, content.length - padding);
}
