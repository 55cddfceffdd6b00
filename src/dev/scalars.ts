import { isRecord } from '../contract/record-guard.js';

/** A request that is not valid OTLP; answered with 400 or INVALID_ARGUMENT. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest';
}

/** A request that would take too much memory; answered with 413 or RESOURCE_EXHAUSTED. */
export class HeavyRequest extends Error {
  override readonly name = 'HeavyRequest';
}

/** A 64-bit integer as protobufjs hands it over. */
interface LongLike {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

/*
 * Readers of single fields. Each takes what either encoding gives: protobuf has bytes, Longs and numbers, OTLP/JSON has
 * hex ids, base64, 64-bit integers as strings, and leaves out or nulls what has its default value.
 */

/** An id as lower-case hex; `length` in bytes. An absent id is ''. */
export function readId(value: unknown, length: number, field: string): string {
  if (value === undefined || value === null || value === '') return '';
  // protobufjs's default for absent bytes is an empty list.
  if ((value instanceof Uint8Array || Array.isArray(value)) && value.length === 0) return '';
  if (value instanceof Uint8Array) {
    if (value.length === length) return Buffer.from(value.buffer, value.byteOffset, length).toString('hex');
  } else if (typeof value === 'string' && value.length === 2 * length && /^[0-9a-f]+$/i.test(value)) {
    return value.toLowerCase();
  }
  throw new MalformedRequest(`${field} must be ${length} bytes`);
}

/** As readId, but the field must be there and not be all zeroes. */
export function requireId(value: unknown, length: number, field: string): string {
  const id = readId(value, length, field);
  if (id === '' || /^0+$/.test(id)) throw new MalformedRequest(`${field} is empty`);
  return id;
}

export function readText(value: unknown, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new MalformedRequest(`${field} must be a string`);
  return value;
}

/** A 64-bit integer, signed or not. */
export function readBigInt(value: unknown, field: string): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (isLong(value)) {
    const high = value.unsigned ? value.high >>> 0 : value.high;
    return (BigInt(high) << 32n) | BigInt(value.low >>> 0);
  }
  throw new MalformedRequest(`${field} must be an integer`);
}

/** A non-negative integer of 32 bits. */
export function readCount(value: unknown, field: string): number {
  const count = Number(readBigInt(value, field));
  if (count < 0 || count > 0xffffffff) throw new MalformedRequest(`${field} must fit in 32 bits without sign`);
  return count;
}

/** A floating-point number; JSON spells NaN and the infinities as strings. */
export function readDouble(value: unknown, field: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') {
    const number = Number(value);
    if (value === 'NaN' || (value.trim() !== '' && !Number.isNaN(number))) return number;
  }
  throw new MalformedRequest(`${field} must be a number`);
}

export function readBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new MalformedRequest(`${field} must be a boolean`);
  return value;
}

export function readBytes(value: unknown, field: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'base64');
  throw new MalformedRequest(`${field} must be bytes`);
}

/** An enum by number or by its protobuf name (`prefix` + upper case); a number from the future reads as the first. */
export function readEnum<T extends string>(value: unknown, names: readonly [T, ...T[]], prefix: string): T {
  const [first] = names;
  if (value === undefined || value === null) return first;
  if (typeof value === 'number') return names[value] ?? first;
  const name = names.find((candidate) => value === prefix + candidate.toUpperCase());
  if (name === undefined) throw new MalformedRequest(`a value is not one of ${prefix}*`);
  return name;
}

export function readList(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedRequest(`${field} must be a list`);
  return value;
}

/** A message as a record of its fields; an absent one is empty. */
export function readMessage(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new MalformedRequest(`${field} must be an object`);
  return value;
}

function isLong(value: unknown): value is LongLike {
  if (!isRecord(value)) return false;
  const { low, high, unsigned } = value;
  return Number.isInteger(low) && Number.isInteger(high) && typeof unsigned === 'boolean';
}
