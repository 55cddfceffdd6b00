import { keysOf } from '../../../contract/table-keys.js';

export const SIGNALS = ['traces', 'logs', 'metrics'] as const;
export type Signal = (typeof SIGNALS)[number];
const ENCODINGS = ['protobuf', 'json'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/**
 * What a record holds: one serialized export request; in the file of acknowledgements, sequence ranges; in the file of
 * starts, an export request with a span that has just begun, or the sequences of those that have ended.
 */
type Kind = Signal | 'acks' | 'starts' | 'ends';

/**
 * How kinds and encodings are written. On disk for longer than any build lives: a code is never given a second meaning, and
 * test/telemetry/outbox/golden.bin holds one record of each as the first release wrote it.
 */
const KIND_CODES: Readonly<Record<Kind, number>> = { traces: 1, logs: 2, metrics: 3, acks: 4, starts: 5, ends: 6 };
const ENCODING_CODES: Readonly<Record<Encoding, number>> = { protobuf: 1, json: 2 };
/** Of the record's form. What another one holds is not ours to read: it is set aside like damage, and kept. */
const VERSION = 0;

const byCode = <T extends string>(codes: Readonly<Record<T, number>>): ReadonlyMap<number, T> =>
  new Map(keysOf(codes).map((name) => [codes[name], name]));
const KINDS = byCode(KIND_CODES);
const KNOWN_ENCODINGS = byCode(ENCODING_CODES);

/** The fields of a record's header. */
export interface RecordFields {
  readonly kind: Kind;
  readonly encoding: Encoding;
  /** Spans, log records or metrics inside. */
  readonly items: number;
  /** Unique in its directory, ascending. */
  readonly sequence: number;
  /** Wall clock of the writer, milliseconds. */
  readonly time: number;
}

export interface SpoolRecord extends RecordFields {
  readonly bytes: Uint8Array;
}

/** Bytes in front of each payload. */
export const HEADER_BYTES = 40;
/** Not the beginning of any protobuf or JSON text an exporter writes, so that a damaged file resynchronises fast. */
export const MAGIC = Buffer.from([0xab, 0x4b, 0x46, 0x31]);
const MAGIC_NUMBER = MAGIC.readUInt32LE();
/** Longer than any payload we write: a header that claims more is damage. */
export const MAX_PAYLOAD = 256 * 1024 * 1024;

/**
 * Writes the header of a record at the beginning of `into`. The checksums start from the segment's own seed: bytes of
 * another segment, or a record that an application put into an attribute, can never pass as a record of this one.
 */
export function writeHeader(into: Buffer, record: RecordFields, payload: Uint8Array, seed: number): void {
  into.writeUInt32LE(MAGIC_NUMBER, 0);
  into.writeUInt32LE(payload.length, 8);
  into.writeUInt32LE(crc32(payload, seed), 12);
  into.writeDoubleLE(record.sequence, 16);
  into.writeDoubleLE(record.time, 24);
  into.writeUInt32LE(record.items, 32);
  into[36] = KIND_CODES[record.kind];
  into[37] = ENCODING_CODES[record.encoding];
  into.writeUInt16LE(VERSION, 38);
  into.writeUInt32LE(headerCrc(into, seed), 4);
}

/** CRC-32 of the 32 bytes behind it; by hand, as a call of zlib costs more than so few bytes. */
function headerCrc(header: Buffer, seed: number): number {
  table ??= crcTable();
  let crc = ~seed;
  for (let i = 8; i < HEADER_BYTES; i++) crc = table[(crc ^ header[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

let table: Int32Array | undefined;

/**
 * The CRC of each byte: that of a power of two is one step of the one above it, and any other the sum of those of its bits.
 * Eight steps for each byte would do too, but as a loop that V8 optimizes: its compiler then stays in memory, 3 MB a worker.
 */
function crcTable(): Int32Array {
  const made = new Int32Array(256);
  let crc = 1;
  for (let bit = 0x80; bit > 0; bit >>= 1) {
    crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    for (let others = 0; others < 0x100; others += 2 * bit) made[bit + others] = crc ^ (made[others] ?? 0);
  }
  return made;
}

/** The record at `offset`, or undefined if there is none that is whole and unharmed. */
export function recordAt(file: Buffer, offset: number, seed: number): SpoolRecord | undefined {
  if (offset + HEADER_BYTES > file.length) return undefined;
  if (file.readUInt32LE(offset) !== MAGIC_NUMBER) return undefined;
  const header = file.subarray(offset, offset + HEADER_BYTES);
  // The length is believed only after this: a flipped bit in it must not make us read to the end of the file.
  if (header.readUInt32LE(4) !== headerCrc(header, seed)) return undefined;
  const length = header.readUInt32LE(8);
  const end = offset + HEADER_BYTES + length;
  if (header.readUInt16LE(38) !== VERSION) return undefined;
  const kind = KINDS.get(header.readUInt8(36));
  const encoding = KNOWN_ENCODINGS.get(header.readUInt8(37));
  if (length === 0 || length > MAX_PAYLOAD || end > file.length || !kind || !encoding) return undefined;
  const bytes = file.subarray(offset + HEADER_BYTES, end);
  if (header.readUInt32LE(12) !== crc32(bytes, seed)) return undefined;
  return {
    kind,
    encoding,
    items: header.readUInt32LE(32),
    sequence: header.readDoubleLE(16),
    time: header.readDoubleLE(24),
    bytes,
  };
}

let zlib: typeof import('node:zlib') | undefined;

/** zlib takes 2 ms to load, which a worker that boots does not need to spend: most of them never write a record. */
function crc32(bytes: Uint8Array, seed: number): number {
  zlib ??= process.getBuiltinModule('node:zlib');
  return zlib.crc32(bytes, seed);
}
