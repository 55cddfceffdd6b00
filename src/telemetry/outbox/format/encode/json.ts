import { mergeParts } from '../merge.js';
import type { Part } from '../part.js';
import { type Field, fieldsOf } from '../wire.js';
import { type FieldSpec, MESSAGES, type MessageName, type Scalar } from './otlp-fields.js';

/**
 * Protobuf parts of one signal as one OTLP/JSON request: 64-bit integers as strings, ids in hexadecimal, other bytes in
 * base64, enums as numbers, and "NaN", "Infinity" and "-Infinity" for what JSON has no number. Throws if the bytes are
 * no such request.
 */
export function asJson(parts: readonly Part[], signal: 'traces' | 'logs' | 'metrics'): Part {
  const request = Buffer.concat(mergeParts(parts, 'protobuf'));
  const items = parts.reduce((sum, part) => sum + part.items, 0);
  return { bytes: Buffer.from(JSON.stringify(messageOf(REQUESTS[signal], request))), items };
}

const REQUESTS = { traces: 'TracesData', logs: 'LogsData', metrics: 'MetricsData' } as const;

type Json = Record<string, unknown>;

function messageOf(name: MessageName, bytes: Uint8Array): Json {
  const specs: Readonly<Record<number, FieldSpec>> = MESSAGES[name];
  const fields = fieldsOf(bytes);
  if (!fields) throw new Error(`these bytes are no ${name}`);
  const message: Json = {};
  // A list that is empty is shown, as the SDK does it: not every receiver takes it for granted.
  for (const { name, repeated } of Object.values(specs)) if (repeated) message[name] = [];
  for (const field of fields) {
    const spec = specs[field.number];
    if (!spec) continue;
    const { name, type, repeated } = spec;
    const list = message[name];
    if (!repeated || !Array.isArray(list)) message[name] = fieldValue(type, field);
    else if (isPacked(type, field)) unpackInto(list, type, field);
    else list.push(fieldValue(type, field));
  }
  return message;
}

function fieldValue(type: FieldSpec['type'], field: Field): unknown {
  return isMessage(type) ? messageOf(type, field.content) : scalarOf(type, field);
}

function isMessage(type: FieldSpec['type']): type is MessageName {
  return type in MESSAGES;
}

function scalarOf(type: Scalar, { raw, content }: Field): unknown {
  const end = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  switch (type) {
    case 'string':
      return bytes.toString();
    case 'bytes':
      return bytes.toString('base64');
    case 'id':
      return bytes.toString('hex');
    case 'bool':
      return lastVarint(raw) !== 0n;
    case 'int32':
      return Number(BigInt.asIntN(32, lastVarint(raw)));
    case 'uint32':
      return Number(BigInt.asUintN(32, lastVarint(raw)));
    case 'sint32':
      return zigzag(BigInt.asUintN(32, lastVarint(raw)));
    case 'int64':
      return String(BigInt.asIntN(64, lastVarint(raw)));
    case 'uint64':
      return String(BigInt.asUintN(64, lastVarint(raw)));
    case 'fixed32':
      return end.readUInt32LE(raw.length - 4);
    case 'fixed64':
      return String(end.readBigUInt64LE(raw.length - 8));
    case 'sfixed64':
      return String(end.readBigInt64LE(raw.length - 8));
    case 'double':
      return jsonDouble(end.readDoubleLE(raw.length - 8));
  }
}

function jsonDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

const zigzag = (value: bigint) => Number((value >> 1n) ^ -(value & 1n));

const isPacked = (type: FieldSpec['type'], { wireType }: Field): type is 'double' | 'fixed64' | 'uint64' =>
  wireType === 2 && (type === 'double' || type === 'fixed64' || type === 'uint64');

/** The numbers of a packed list, which is one field with all of them: more, it may be, than a call has arguments. */
function unpackInto(list: unknown[], type: Scalar, { content }: Field): void {
  let at = 0;
  while (at < content.length) {
    let end = at + 8;
    if (type === 'uint64') for (end = at + 1; content[end - 1]! > 0x7f; ) end++;
    const raw = content.subarray(at, end);
    list.push(scalarOf(type, { number: 0, wireType: 0, raw, content: raw, value: 0 }));
    at = end;
  }
}

/** The varint at the end of a field's bytes; in front of it is nothing but the tag, of one or two bytes. */
function lastVarint(raw: Uint8Array): bigint {
  let start = raw.length - 1;
  while (start > 0 && raw[start - 1]! > 0x7f) start--;
  let value = 0n;
  for (let at = raw.length - 1; at >= start; at--) value = (value << 7n) | BigInt(raw[at]! & 0x7f);
  return value;
}
