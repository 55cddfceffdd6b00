import type { Writer } from './writer.js';

/** Every attribute as a KeyValue in a repeated field of this tag. */
export function writeAttributes(writer: Writer, tag: number, attributes: object): void {
  for (const key in attributes) {
    if (!Object.hasOwn(attributes, key)) continue;
    writeAttribute(writer, tag, key, (attributes as Record<string, unknown>)[key]);
  }
}

/** One of them. */
export function writeAttribute(writer: Writer, tag: number, key: string, value: unknown): void {
  const pair = writer.begin(tag);
  writer.text(0x0a, key);
  writeValue(writer, 0x12, value);
  writer.end(pair);
}

const INT64 = 2 ** 63;

/** An AnyValue; of a type that OTLP does not know, an empty one. */
function writeValue(writer: Writer, tag: number, value: unknown): void {
  const start = writer.begin(tag);
  if (typeof value === 'string') writer.text(0x0a, value);
  else if (typeof value === 'number') writeNumber(writer, value);
  else if (typeof value === 'boolean') {
    writer.reserve(2);
    writer.byte(0x10);
    writer.byte(value ? 1 : 0);
  } else if (value instanceof Uint8Array) writer.bytes(0x3a, value);
  else if (Array.isArray(value)) {
    const list = writer.begin(0x2a);
    for (const item of value) writeValue(writer, 0x0a, item);
    writer.end(list);
  } else if (typeof value === 'object' && value !== null) {
    const map = writer.begin(0x32);
    writeAttributes(writer, 0x0a, value);
    writer.end(map);
  }
  writer.end(start);
}

function writeNumber(writer: Writer, value: number): void {
  writer.reserve(11);
  if (Number.isInteger(value) && value >= -INT64 && value < INT64) {
    writer.byte(0x18);
    writer.varint(value);
  } else {
    writer.byte(0x21);
    writer.double(value);
  }
}
