const FIRST_BYTES = 16 * 1024;
/** A larger buffer is not kept for the next message. */
const KEPT_BYTES = 1 << 20;
/** Up to here a loop over the characters is faster than a call of Node's own encoder. */
const SHORT_TEXT = 48;

const HEX = Uint8Array.from({ length: 256 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

/**
 * Writes protobuf fields one after the other into one buffer, which grows and is used again for the next message. What
 * a method writes is at `at`; those that take a tag of one byte write it first.
 */
export class Writer {
  buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Where the next byte goes. */
  at = 0;

  reset(): void {
    this.at = 0;
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Makes room for so many bytes; the methods that say so rely on it. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.at + bytes));
    larger.set(this.buffer.subarray(0, this.at));
    this.buffer = larger;
  }

  /** Needs 1 reserved byte. */
  byte(value: number): void {
    this.buffer[this.at++] = value;
  }

  /** A whole number of up to 64 bits, negative ones as two's complement. Needs 10 reserved bytes. */
  varint(value: number): void {
    let low = value >>> 0;
    let high = value === low ? 0 : highOf(value, low);
    while (high > 0 || low > 0x7f) {
      this.buffer[this.at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.buffer[this.at++] = low;
  }

  /** Needs 4 reserved bytes. */
  fixed32(value: number): void {
    const { buffer } = this;
    buffer[this.at++] = value & 0xff;
    buffer[this.at++] = (value >>> 8) & 0xff;
    buffer[this.at++] = (value >>> 16) & 0xff;
    buffer[this.at++] = value >>> 24;
  }

  /** Seconds and nanoseconds as nanoseconds in 64 bits. Needs 8 reserved bytes. */
  nanos(seconds: number, nanos: number): void {
    const low = (Math.imul(seconds, 1e9) + nanos) >>> 0;
    this.fixed32(low);
    this.fixed32(highOf(Math.trunc(seconds) * 1e9 + nanos, low));
  }

  /** Needs 8 reserved bytes. */
  double(value: number): void {
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** The bytes of a hexadecimal id of at most 63 of them. Reserves by itself. */
  id(tag: number, hex: string): void {
    const length = hex.length >> 1;
    this.reserve(2 + length);
    this.byte(tag);
    this.byte(length);
    const { buffer } = this;
    for (let i = 0; i < 2 * length; i += 2) {
      buffer[this.at++] = (HEX[hex.charCodeAt(i) & 0xff]! << 4) | HEX[hex.charCodeAt(i + 1) & 0xff]!;
    }
  }

  /**
   * What is no text, though its type says so, is written as one: an app without types may name a span 404. Reserves by
   * itself.
   */
  text(tag: number, given: string): void {
    const text = typeof given === 'string' ? given : textOf(given);
    const { length } = text;
    this.reserve(6 + 3 * length);
    this.byte(tag);
    if (length <= SHORT_TEXT && this.#ascii(text, length)) return;
    this.varint(Buffer.byteLength(text));
    this.at += this.buffer.write(text, this.at);
  }

  /** Reserves by itself. */
  bytes(tag: number, bytes: Uint8Array): void {
    this.reserve(6 + bytes.length);
    this.byte(tag);
    this.varint(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Begins a message of a length not known yet; pass what it returns to `end`. Reserves by itself. */
  begin(tag: number): number {
    this.reserve(2);
    this.byte(tag);
    return this.at++;
  }

  end(begin: number): void {
    const length = this.at - begin - 1;
    if (length < 0x80) {
      this.buffer[begin] = length;
      return;
    }
    // One byte was left for the length: what came behind it makes room for the others.
    const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
    this.reserve(more);
    this.buffer.copyWithin(begin + 1 + more, begin + 1, this.at);
    const end = this.at + more;
    this.at = begin;
    this.varint(length);
    this.at = end;
  }

  /** The same for a message that has 128 bytes to 16 kB almost always: those are left where they are. */
  beginLong(tag: number): number {
    this.reserve(3);
    this.byte(tag);
    this.at += 2;
    return this.at - 2;
  }

  /** False if the content had to be moved. */
  endLong(begin: number): boolean {
    const length = this.at - begin - 2;
    if (length >= 0x80 && length < 0x4000) {
      this.buffer[begin] = (length & 0x7f) | 0x80;
      this.buffer[begin + 1] = length >>> 7;
      return true;
    }
    this.buffer.copyWithin(begin + 1, begin + 2, this.at--);
    this.end(begin);
    return false;
  }

  /** Writes again what stands there. Reserves by itself. */
  again(from: number, bytes: number): void {
    this.reserve(bytes);
    this.buffer.copyWithin(this.at, from, from + bytes);
    this.at += bytes;
  }

  /** False, and nothing written, if there is a character that takes more than one byte. */
  #ascii(text: string, length: number): boolean {
    const { buffer } = this;
    let { at } = this;
    buffer[at++] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    this.at = at;
    return true;
  }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Error) return value.message;
  try {
    return String(value);
  } catch {
    // An object without a toString, or with one that throws.
    return Object.prototype.toString.call(value);
  }
}

/** The upper 32 of 64 bits, for a whole number that a double may have rounded; `low` are the exact lower ones. */
function highOf(value: number, low: number): number {
  return Math.round((value - low) / 2 ** 32) >>> 0;
}
