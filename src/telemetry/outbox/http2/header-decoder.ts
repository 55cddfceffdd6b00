import { Http2Fault } from './frames.js';
import { unpacked } from './huffman.js';
import { type Header, STATIC_HEADERS } from './static-headers.js';

/** Bytes of the table of headers that the other side may refer to, by RFC 9113 unless we said otherwise. */
const TABLE_BYTES = 4_096;
/** What RFC 7541, 4.1, adds to the length of each entry. */
const ENTRY_BYTES = 32;
/** Bytes of one list of headers: a reference of one byte may stand for four thousand. */
const LIST_BYTES = 65_536;

const wrong = (message: string) => new Http2Fault('COMPRESSION_ERROR', message);

/** Reads the headers of one connection, all of them and in their order: RFC 7541. */
export class HeaderDecoder {
  /** The newest first. */
  readonly #table: Header[] = [];
  #tableBytes = 0;
  #limit = TABLE_BYTES;

  /** Throws Http2Fault for a block that is wrong or too long. */
  decode(block: Uint8Array): Header[] {
    const cursor = { block, at: 0 };
    const list: Header[] = [];
    let left = LIST_BYTES;
    while (cursor.at < block.length) {
      const header = this.#next(cursor);
      if (header === undefined) continue;
      left -= sizeOf(header);
      if (left < 0) throw new Http2Fault('ENHANCE_YOUR_CALM', `more than ${LIST_BYTES} bytes of headers`);
      list.push(header);
    }
    return list;
  }

  /** RFC 7541, section 6; undefined for a change of the table's size. */
  #next(cursor: Cursor): Header | undefined {
    const first = cursor.block[cursor.at] ?? 0;
    if (first >= 0x80) return this.#at(integer(cursor, 7));
    if (first >= 0x40) return this.#kept(this.#literal(cursor, 6));
    if (first < 0x20) return this.#literal(cursor, 4);
    const limit = integer(cursor, 5);
    if (limit > TABLE_BYTES) throw wrong(`a table of ${limit} bytes`);
    this.#limit = limit;
    this.#evict();
    return undefined;
  }

  #literal(cursor: Cursor, prefix: number): Header {
    const index = integer(cursor, prefix);
    const name = index === 0 ? text(cursor) : this.#at(index)[0];
    return [name, text(cursor)];
  }

  #at(index: number): Header {
    const header = STATIC_HEADERS[index - 1] ?? this.#table[index - 1 - STATIC_HEADERS.length];
    if (header === undefined) throw wrong(`a header of index ${index}, which is not in the table`);
    return header;
  }

  #kept(header: Header): Header {
    this.#table.unshift(header);
    this.#tableBytes += sizeOf(header);
    this.#evict();
    return header;
  }

  #evict(): void {
    while (this.#tableBytes > this.#limit) {
      const oldest = this.#table.pop();
      if (oldest !== undefined) this.#tableBytes -= sizeOf(oldest);
    }
  }
}

interface Cursor {
  readonly block: Uint8Array;
  at: number;
}

const sizeOf = ([name, value]: Header) => name.length + value.length + ENTRY_BYTES;

/** RFC 7541, 5.1, up to 2 ** 28: nothing here is longer. */
function integer(cursor: Cursor, prefix: number): number {
  const most = 2 ** prefix - 1;
  let value = byteOf(cursor) & most;
  if (value < most) return value;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = byteOf(cursor);
    value += (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw wrong('a number that is too large');
}

/** RFC 7541, 5.2. */
function text(cursor: Cursor): string {
  const isPacked = (cursor.block[cursor.at] ?? 0) >= 0x80;
  const length = integer(cursor, 7);
  const end = cursor.at + length;
  if (end > cursor.block.length) throw wrong('a header that ends too early');
  const bytes = cursor.block.subarray(cursor.at, end);
  cursor.at = end;
  return isPacked ? unpacked(bytes) : Buffer.from(bytes).toString('latin1');
}

function byteOf(cursor: Cursor): number {
  const byte = cursor.block[cursor.at++];
  if (byte === undefined) throw wrong('a header that ends too early');
  return byte;
}
