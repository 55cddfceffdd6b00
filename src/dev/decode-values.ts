import type { AttributeValue } from './model.js';
import { MalformedRequest } from './scalars.js';
import type { WireReader } from './wire-reader.js';

// A field's number times 8, and its wire type.
const PAIR = { key: 0x0a, value: 0x12 } as const;
const VALUE = { text: 0x0a, flag: 0x10, int: 0x18, double: 0x21, list: 0x2a, map: 0x32, bytes: 0x3a } as const;
const VALUES = 0x0a;
/** Deeper than this an attribute is taken for an attack on the stack. */
const MAX_DEPTH = 32;

/** A KeyValue into `attributes`; of two values for one key the last is kept. */
export function readWireAttribute(reader: WireReader, attributes: Record<string, AttributeValue>, depth = 0): void {
  const end = reader.message();
  let key = '';
  let value: AttributeValue = null;
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === PAIR.key) key = reader.text();
    else if (tag === PAIR.value) value = readValue(reader, depth);
    else reader.skip(tag);
  }
  if (key !== '__proto__') attributes[key] = value;
  // Assigned it would be the prototype.
  else Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
}

function readValue(reader: WireReader, depth: number): AttributeValue {
  if (depth > MAX_DEPTH) throw new MalformedRequest(`an attribute is nested deeper than ${MAX_DEPTH}`);
  const end = reader.message();
  let value: AttributeValue = null;
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === VALUE.text) value = reader.text();
    else if (tag === VALUE.int) value = reader.int64();
    else if (tag === VALUE.flag) value = reader.uint32() !== 0;
    else if (tag === VALUE.double) value = reader.double();
    else if (tag === VALUE.bytes) value = reader.bytes();
    else if (tag === VALUE.list) value = readValues(reader, depth + 1);
    else if (tag === VALUE.map) value = readMap(reader, depth + 1);
    else reader.skip(tag);
  }
  return value;
}

function readValues(reader: WireReader, depth: number): AttributeValue[] {
  const end = reader.message();
  const values: AttributeValue[] = [];
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === VALUES) values.push(readValue(reader, depth));
    else reader.skip(tag);
  }
  return values;
}

function readMap(reader: WireReader, depth: number): Record<string, AttributeValue> {
  const end = reader.message();
  const map: Record<string, AttributeValue> = {};
  for (let tag = reader.tag(end); tag !== 0; tag = reader.tag(end)) {
    if (tag === VALUES) readWireAttribute(reader, map, depth);
    else reader.skip(tag);
  }
  return map;
}
