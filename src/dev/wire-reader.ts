import { HeavyRequest, MalformedRequest } from './scalars.js';
import { TextCache } from './text-cache.js';

/** A message with its fields in memory, in bytes: what an empty one takes on the wire is two. */
const MESSAGE_BYTES = 256;
/** Digits of this many bytes of a varint fit a number exactly. */
const EXACT_BYTES = 7;
const CUT_OFF = 'it is cut off';
const texts = new TextCache();

/**
 * Protobuf, field by field, with no object between the bytes and what is made of them. Whoever is given a tag reads or
 * skips its field. What is cut off or no protobuf throws MalformedRequest.
 */
export class WireReader {
  readonly #body: Buffer;
  #left: number;
  #at = 0;

  /** @param mostBytes of memory that the messages may take, roughly; more throws HeavyRequest */
  constructor(body: Uint8Array, mostBytes: number) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#left = mostBytes;
  }

  get at(): number {
    return this.#at;
  }

  /** To read some fields before others. @param at where `at` has been */
  back(at: number): void {
    this.#at = at;
  }

  /** Of the next field: its number times 8, and its wire type. 0 at the end of the message. */
  tag(end: number): number {
    if (this.#at >= end) return 0;
    const tag = this.uint32();
    if (tag < 8) throw malformed('a field has no number');
    return tag;
  }

  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.uint32();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.#take(this.uint32());
    else if (wireType === 5) this.#take(4);
    else throw malformed(`there is no wire type ${wireType}`);
  }

  /** Goes into a message. @returns where it ends */
  message(): number {
    this.#left -= MESSAGE_BYTES;
    if (this.#left < 0) throw new HeavyRequest('the request takes too much memory when decoded');
    const length = this.uint32();
    if (this.#at + length > this.#body.length) throw malformed(CUT_OFF);
    return this.#at + length;
  }

  text(): string {
    const from = this.#take(this.uint32());
    return from === this.#at ? '' : texts.read(this.#body, from, this.#at);
  }

  /** Lower-case hex; '' for an empty one. @param known an id that it may well be */
  id(length: number, field: string, known?: string): string {
    const from = this.#take(this.uint32());
    if (from === this.#at) return '';
    if (this.#at - from !== length) throw new MalformedRequest(`${field} must be ${length} bytes`);
    return known !== undefined && isHex(known, this.#body, from) ? known : this.#body.toString('hex', from, this.#at);
  }

  bytes(): Uint8Array {
    const from = this.#take(this.uint32());
    return Buffer.from(this.#body.subarray(from, this.#at));
  }

  /** The low 32 bits of a varint. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed('a number has more than 64 bits');
  }

  /** A bigint where a number would not be exact. */
  int64(): number | bigint {
    const from = this.#at;
    let value = 0;
    for (let scale = 1; this.#at - from < EXACT_BYTES; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return this.#large(BigInt(value));
  }

  fixed64(): bigint {
    return this.#body.readBigUInt64LE(this.#take(8));
  }

  fixed32(): number {
    return this.#body.readUInt32LE(this.#take(4));
  }

  double(): number {
    return this.#body.readDoubleLE(this.#take(8));
  }

  #large(low: bigint): number | bigint {
    let value = low;
    for (let shift = 7 * EXACT_BYTES; shift < 70; shift += 7) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte >= 0x80) continue;
      const signed = BigInt.asIntN(64, value);
      const number = Number(signed);
      return Number.isSafeInteger(number) ? number : signed;
    }
    throw malformed('a number has more than 64 bits');
  }

  #byte(): number {
    const byte = this.#body[this.#at];
    if (byte === undefined) throw malformed(CUT_OFF);
    this.#at += 1;
    return byte;
  }

  /** @returns where the bytes begin that are taken */
  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#body.length) throw malformed(CUT_OFF);
    this.#at = from + length;
    return from;
  }
}

function malformed(why: string): MalformedRequest {
  return new MalformedRequest(`not valid protobuf: ${why}`);
}

function isHex(text: string, body: Buffer, from: number): boolean {
  for (let at = 0; at < text.length; at++) {
    const byte = body[from + (at >> 1)] ?? 0;
    const digit = at % 2 === 0 ? byte >> 4 : byte & 15;
    if (text.charCodeAt(at) !== digit + (digit < 10 ? 48 : 87)) return false;
  }
  return true;
}
