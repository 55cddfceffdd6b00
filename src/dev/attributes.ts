import type { Attributes, AttributeValue } from './model.js';
import {
  MalformedRequest,
  readBigInt,
  readBoolean,
  readBytes,
  readDouble,
  readList,
  readMessage,
  readText,
} from './scalars.js';

/** Deeper than this an attribute is taken for an attack on the stack. */
const MAX_DEPTH = 32;

/** A list of OTLP KeyValues as a plain record; of two values for one key the last is kept. */
export function readAttributes(value: unknown, field: string, depth = 0): Attributes {
  // fromEntries defines own properties, so that a key named __proto__ is only a key.
  return Object.fromEntries(
    readList(value, field).map((entry) => {
      const pair = readMessage(entry, field);
      return [readText(pair.key, `${field}.key`), readAnyValue(pair.value, field, depth)];
    }),
  );
}

/** One OTLP AnyValue. */
export function readAnyValue(value: unknown, field: string, depth = 0): AttributeValue {
  if (depth > MAX_DEPTH) throw new MalformedRequest(`${field} is nested deeper than ${MAX_DEPTH}`);
  const any = readMessage(value, field);
  // protobufjs keeps defaults on the prototype: only an own field was on the wire.
  const set = (name: string) => Object.hasOwn(any, name) && any[name] !== null;
  if (set('stringValue')) return readText(any.stringValue, field);
  if (set('boolValue')) return readBoolean(any.boolValue, field);
  if (set('intValue')) return narrow(readBigInt(any.intValue, field));
  if (set('doubleValue')) return readDouble(any.doubleValue, field);
  if (set('bytesValue')) return readBytes(any.bytesValue, field);
  if (set('kvlistValue')) return readAttributes(readMessage(any.kvlistValue, field).values, field, depth + 1);
  if (!set('arrayValue')) return null;
  const { values } = readMessage(any.arrayValue, field);
  return readList(values, field).map((entry) => readAnyValue(entry, field, depth + 1));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
