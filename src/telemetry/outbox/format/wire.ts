/** One field of a protobuf message, still encoded. */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Tag, length and content: what is copied when a message is put together anew. */
  readonly raw: Uint8Array;
  /** The content of a length-delimited field; empty for the others. */
  readonly content: Uint8Array;
  /** The value of a varint field; 0 for the others. */
  readonly value: number;
}

/** The fields of a message, or undefined if the bytes are not one. */
export function fieldsOf(message: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const field = nextField(message, cursor);
    if (!field) return undefined;
    fields.push(field);
  }
  return fields;
}

const NOTHING = new Uint8Array(0);

function nextField(message: Uint8Array, cursor: { at: number }): Field | undefined {
  const start = cursor.at;
  const tag = varint(message, cursor);
  if (tag === undefined) return undefined;
  const wireType = tag % 8;
  let value = 0;
  let size = 0;
  if (wireType === 0) value = varint(message, cursor) ?? Number.NaN;
  else if (wireType === 1) size = 8;
  else if (wireType === 2) size = varint(message, cursor) ?? Number.NaN;
  else if (wireType === 5) size = 4;
  else return undefined;
  if (Number.isNaN(value) || !(cursor.at + size <= message.length)) return undefined;
  const content = wireType === 2 ? message.subarray(cursor.at, cursor.at + size) : NOTHING;
  cursor.at += size;
  return { number: Math.floor(tag / 8), wireType, raw: message.subarray(start, cursor.at), content, value };
}

function varint(bytes: Uint8Array, cursor: { at: number }): number | undefined {
  let result = 0;
  let scale = 1;
  for (let read = 0; read < 10 && cursor.at < bytes.length; read++) {
    const byte = bytes[cursor.at++]!;
    result += (byte & 0x7f) * scale;
    if (byte < 0x80) return result;
    scale *= 128;
  }
  return undefined;
}

/** A length-delimited field made of these parts. */
export function delimited(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([prefix(number, length), ...parts]);
}

/** Tag and length of a length-delimited field; of a number below 16. */
export function prefix(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(
    length < 0x80 ? 2 : length < 0x4000 ? 3 : length < 0x200000 ? 4 : length < 0x10000000 ? 5 : 6,
  );
  let at = 0;
  bytes[at++] = number * 8 + 2;
  let rest = length;
  while (at < bytes.length - 1) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at] = rest;
  return bytes;
}
