/*
 * A protobuf writer of its own, so that the receiver's schema is not tested against itself. Field numbers are those of
 * the OTLP standard.
 */

export function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** A length-delimited field: message, string or bytes. */
export function field(number: number, ...content: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

export function int(number: number, value: bigint | number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

export function fixed64(number: number, value: bigint): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigUInt64LE(value);
  return Buffer.concat([varint((number << 3) | 1), body]);
}

export function double(number: number, value: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeDoubleLE(value);
  return Buffer.concat([varint((number << 3) | 1), body]);
}

export function fixed32(number: number, value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32LE(value);
  return Buffer.concat([varint((number << 3) | 5), body]);
}

/** KeyValue; `value` is a whole AnyValue. */
export function keyValue(number: number, key: string, value: Buffer): Buffer {
  return field(number, field(1, key), field(2, value));
}

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
export const SPAN_ID = '00f067aa0ba902b7';
export const START_NS = 1_763_700_000_123_456_789n;

/** An ExportTraceServiceRequest with one span that has a value in every field. */
export function fullRequest(): Buffer {
  const anyValues = [
    keyValue(9, 'text', field(1, 'dice')),
    keyValue(9, 'yes', int(2, 1)),
    keyValue(9, 'negative', int(3, -5)),
    keyValue(9, 'huge', int(3, 9_007_199_254_740_993n)),
    keyValue(9, 'ratio', double(4, 0.25)),
    keyValue(9, 'list', field(5, field(1, field(1, 'a')), field(1, int(3, 2)))),
    keyValue(9, 'map', field(6, keyValue(1, 'inner', int(2, 0)))),
    keyValue(9, 'bytes', field(7, Buffer.from([1, 2, 255]))),
    keyValue(9, 'nothing', Buffer.alloc(0)),
  ];
  const event = field(11, fixed64(1, START_NS + 1n), field(2, 'rolled'), keyValue(3, 'face', int(3, 6)), int(4, 3));
  const link = field(13, field(1, hex(TRACE_ID)), field(2, hex('1111111111111111')), field(3, 'a=b'), int(5, 4));
  const span = field(
    2,
    field(1, hex(TRACE_ID)),
    field(2, hex(SPAN_ID)),
    field(3, 'vendor=1'),
    field(4, hex('2222222222222222')),
    field(5, 'GET /rolldice'),
    int(6, 2),
    fixed64(7, START_NS),
    fixed64(8, START_NS + 1_900_000n),
    ...anyValues,
    int(10, 7),
    event,
    int(12, 8),
    link,
    int(14, 9),
    field(15, field(2, 'broken'), int(3, 2)),
    fixed32(16, 0x301),
    // A field of a later version of the standard must be skipped.
    field(99, 'unknown'),
  );
  const scope = field(1, field(1, 'dice-lib'), field(2, '1.2.3'));
  const resource = field(1, keyValue(1, 'service.name', field(1, 'dice')), int(2, 1));
  return field(1, resource, field(2, scope, span, field(3, 'https://schemas/2')), field(3, 'https://schemas/1'));
}

/** A small valid request with so many spans of one trace. */
export function smallRequest(spans: number): Buffer {
  const list = Array.from({ length: spans }, (_, index) => {
    const id = (index + 1).toString(16).padStart(16, '0');
    return field(2, field(1, hex(TRACE_ID)), field(2, hex(id)), field(5, `span ${index}`));
  });
  return field(1, field(2, ...list));
}

function hex(id: string): Buffer {
  return Buffer.from(id, 'hex');
}
