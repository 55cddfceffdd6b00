import { writeAttributes } from '../format/encode/encode-attributes.js';
import { Writer } from '../format/encode/writer.js';
import { type Json, listIn, recordIn } from '../format/json-request.js';
import type { Encoding } from '../format/record.js';
import { delimited, type Field, fieldsOf } from '../format/wire.js';
import type { KnownEnd } from './interrupted.js';

/** When an open span ended, and how its worker did, if anybody knows. */
export interface SpanEnd {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly exit?: KnownEnd;
}

/** A request with one span that has not ended, as one in which it has, with an error; the same bytes if it is none. */
export function endAsError(request: Uint8Array, encoding: Encoding, end: SpanEnd): Uint8Array {
  return encoding === 'json' ? endJson(request, end) : endProtobuf(request, end);
}

/** The id of the first span in a request, hexadecimal. */
export function spanIdOf(request: Uint8Array, encoding: Encoding): string | undefined {
  return (encoding === 'json' ? jsonIds(request) : protobufIds(request))[0];
}

/** Which of these spans are in a request, as spans and not as somebody's parent. */
export function spansWith(ids: readonly string[], request: Uint8Array, encoding: Encoding): string[] {
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.length);
  // To decode all of it for a few ids would be dear.
  const maybe = ids.filter((id) => bytes.includes(encoding === 'json' ? id : Buffer.from(id, 'hex')));
  if (maybe.length === 0) return [];
  const inside = new Set(encoding === 'json' ? jsonIds(request) : protobufIds(request));
  return maybe.filter((id) => inside.has(id));
}

function endProtobuf(request: Uint8Array, end: SpanEnd): Uint8Array {
  return inside(request, 1, (group) => inside(group, 2, (scope) => inside(scope, 2, (span) => endSpan(span, end))));
}

/** The message with the content of its fields of one number changed. */
function inside(message: Uint8Array, number: number, change: (content: Uint8Array) => Uint8Array): Uint8Array {
  const of = (field: Field) => field.number === number && field.wireType === 2;
  const fields = fieldsOf(message) ?? [];
  return Buffer.concat(fields.map((field) => (of(field) ? delimited(number, [change(field.content)]) : field.raw)));
}

const START_TIME = 7;
const END_TIME = 8;
const STATUS = 15;

function endSpan(span: Uint8Array, end: SpanEnd): Uint8Array {
  const fields = fieldsOf(span) ?? [];
  const start = fields.find(({ number }) => number === START_TIME);
  const startNs = start ? Buffer.from(start.raw).readBigUInt64LE(start.raw.length - 8) : 0n;
  const time = Buffer.alloc(9);
  time[0] = (END_TIME << 3) | 1;
  time.writeBigUInt64LE(endNs(startNs, end), 1);
  const writer = new Writer();
  writeAttributes(writer, 0x4a, attributesOf(end));
  const status = delimited(STATUS, [delimited(2, [Buffer.from(messageOf(end))]), Buffer.from([0x18, 2])]);
  return Buffer.concat([
    ...fields.filter(({ number }) => number !== END_TIME && number !== STATUS).map(({ raw }) => raw),
    time,
    writer.buffer.subarray(0, writer.at),
    status,
  ]);
}

function endJson(request: Uint8Array, end: SpanEnd): Uint8Array {
  const parsed = recordIn(request);
  for (const span of spansIn(parsed)) {
    span.endTimeUnixNano = String(endNs(BigInt(String(span.startTimeUnixNano ?? 0)), end));
    span.status = { code: 2, message: messageOf(end) };
    const added = Object.entries(attributesOf(end)).map(([key, value]) => ({ key, value: jsonValue(value) }));
    span.attributes = [...(Array.isArray(span.attributes) ? span.attributes : []), ...added];
  }
  return Buffer.from(JSON.stringify(parsed));
}

const jsonValue = (value: string | number | boolean) =>
  typeof value === 'string'
    ? { stringValue: value }
    : typeof value === 'number'
      ? { intValue: value }
      : { boolValue: value };

/** The clock may have been set back meanwhile: no span ends before it starts. */
function endNs(startNs: bigint, { at }: SpanEnd): bigint {
  const ns = BigInt(Math.round(at * 1000)) * 1000n;
  return ns > startNs ? ns : startNs;
}

function messageOf({ exit }: SpanEnd): string {
  if (!exit) return 'its worker ended';
  const how = exit.signal ?? (exit.code === null ? undefined : `code ${exit.code}`);
  return `its worker ended: ${exit.reason}${how ? ` (${how})` : ''}`;
}

function attributesOf({ exit }: SpanEnd): Record<string, string | number | boolean> {
  return {
    'kf.interrupted': true,
    'kf.worker.exit.reason': exit?.reason ?? 'unknown',
    ...(exit?.signal != null && { 'kf.worker.exit.signal': exit.signal }),
    ...(exit?.code != null && { 'process.exit.code': exit.code }),
  };
}

function protobufIds(request: Uint8Array): string[] {
  const contents = (message: Uint8Array, number: number) =>
    (fieldsOf(message) ?? []).filter((field) => field.number === number && field.wireType === 2);
  return contents(request, 1)
    .flatMap(({ content }) => contents(content, 2))
    .flatMap(({ content }) => contents(content, 2))
    .flatMap(({ content }) => contents(content, 2).slice(0, 1))
    .map(({ content }) => Buffer.from(content).toString('hex'));
}

function jsonIds(request: Uint8Array): string[] {
  return spansIn(recordIn(request)).map(({ spanId }) => String(spanId));
}

function spansIn(request: Json): Json[] {
  const scopes = listIn(request, 'resourceSpans').flatMap((group) => listIn(group, 'scopeSpans'));
  return scopes.flatMap((scope) => listIn(scope, 'spans'));
}
