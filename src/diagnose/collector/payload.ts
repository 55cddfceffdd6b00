import { randomBytes } from 'node:crypto';
import type { OtlpSignal } from '../../otel-env/variables.js';
import { asJson } from '../../telemetry/outbox/format/encode/json.js';

/** What one probe or one smoke test sends, so that it can be found at the other end. */
export interface TestItem {
  readonly service: string;
  readonly name: string;
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
}

export function newIds(): Pick<TestItem, 'traceId' | 'spanId'> {
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
}

/** A whole export request with one span, one metric or one log record. */
export function testRequest(signal: OtlpSignal, item: TestItem, json: boolean): Uint8Array {
  const resource = attribute('service.name', item.service);
  const scope = text(1, 'kf-cluster');
  const request = message(
    1,
    message(1, resource),
    message(2, message(1, scope), message(2, ITEMS[signal](item, Date.now()))),
  );
  return json ? asJson([{ bytes: request, items: 1 }], signal).bytes : request;
}

/** The least that a collector takes: no item at all. */
export function emptyRequest(json: boolean): Uint8Array {
  return Buffer.from(json ? '{}' : '');
}

const INTERNAL = 1;
const INFO = 9;

/** By the field numbers of OTLP. */
const ITEMS: Readonly<Record<OtlpSignal, (item: TestItem, ms: number) => Buffer>> = {
  traces: ({ name, traceId, spanId }, ms) =>
    Buffer.concat([
      field(1, Buffer.from(traceId, 'hex')),
      field(2, Buffer.from(spanId, 'hex')),
      text(5, name),
      varint(6, INTERNAL),
      fixed64(7, ms),
      fixed64(8, ms),
    ]),
  metrics: ({ name }, ms) =>
    Buffer.concat([text(1, name), message(5, message(1, fixed64(3, ms), tag(6, 1), longs(1n)))]),
  logs: ({ name, traceId, spanId }, ms) =>
    Buffer.concat([
      fixed64(1, ms),
      varint(2, INFO),
      message(5, text(1, name)),
      field(9, Buffer.from(traceId, 'hex')),
      field(10, Buffer.from(spanId, 'hex')),
    ]),
};

function attribute(key: string, value: string): Buffer {
  return message(1, text(1, key), message(2, text(1, value)));
}

function message(number: number, ...parts: readonly Buffer[]): Buffer {
  return field(number, Buffer.concat(parts));
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value));
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(number, 2), lengthOf(bytes.length), bytes]);
}

function varint(number: number, value: number): Buffer {
  return Buffer.concat([tag(number, 0), lengthOf(value)]);
}

/** Nanoseconds of a time in milliseconds. */
function fixed64(number: number, ms: number): Buffer {
  return Buffer.concat([tag(number, 1), longs(BigInt(ms) * 1_000_000n)]);
}

function longs(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function tag(number: number, type: number): Buffer {
  return lengthOf((number << 3) | type);
}

/** A varint. */
function lengthOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
