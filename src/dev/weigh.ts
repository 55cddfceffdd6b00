import protobuf, { type Type } from 'protobufjs/light.js';

/** A decoded message with its fields, in bytes: what an empty one takes on the wire is two. */
const MESSAGE_BYTES = 256;
const KEY_BYTES = 64;
/** Deeper than this it is no request. */
const MAX_DEPTH = 100;

/**
 * Whether a request would take more than `limit` bytes when it is decoded, roughly. Allocates nothing, so that it can be
 * asked before. What is no valid message is light: the decoder refuses it.
 */
export function isHeavyProtobuf(type: Type, body: Uint8Array, limit: number): boolean {
  const scan: Scan = { body, left: limit - body.length };
  return scan.left < 0 || !walk(scan, type, 0, body.length, 0);
}

/** The same for JSON. */
export function isHeavyJson(body: Uint8Array, limit: number): boolean {
  let left = limit - 2 * body.length;
  let inString = false;
  for (let at = 0; at < body.length && left >= 0; at++) {
    const byte = body[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === BRACE || byte === BRACKET) left -= MESSAGE_BYTES;
    else if (byte === COLON) left -= KEY_BYTES;
  }
  return left < 0;
}

const [QUOTE, BACKSLASH, BRACE, BRACKET, COLON] = [...Buffer.from('"\\{[:')];

interface Scan {
  readonly body: Uint8Array;
  /** Bytes that may still be taken. */
  left: number;
}

/** False when it becomes too heavy. */
function walk(scan: Scan, type: Type, from: number, to: number, depth: number): boolean {
  scan.left -= MESSAGE_BYTES;
  if (scan.left < 0 || depth > MAX_DEPTH) return false;
  const cursor = { at: from };
  while (cursor.at < to) {
    const tag = varint(scan.body, cursor, to);
    const length = lengthOf(scan.body, tag & 7, cursor, to);
    if (length === undefined || cursor.at + length > to) return true;
    const inner = (tag & 7) === 2 ? type.fieldsById[tag >>> 3]?.resolvedType : undefined;
    if (inner instanceof protobuf.Type && !walk(scan, inner, cursor.at, cursor.at + length, depth + 1)) return false;
    cursor.at += length;
  }
  return true;
}

/** Bytes of a field's content; undefined if there is no such wire type. A varint is read over. */
function lengthOf(body: Uint8Array, wireType: number, cursor: { at: number }, to: number): number | undefined {
  if (wireType === 1) return 8;
  if (wireType === 5) return 4;
  if (wireType !== 0 && wireType !== 2) return undefined;
  const value = varint(body, cursor, to);
  return wireType === 2 ? value : 0;
}

function varint(body: Uint8Array, cursor: { at: number }, to: number): number {
  let value = 0;
  for (let scale = 1; cursor.at < to; scale *= 128) {
    const byte = body[cursor.at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return value;
}
