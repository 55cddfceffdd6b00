/** A position in protobuf bytes. */
interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/**
 * Calls back with the id of each span in an ExportTraceServiceRequest. Only walks over the bytes: a receiver that
 * decodes would take the processor from the contenders.
 */
export function eachSpanId(request: Buffer, onSpanId: (id: string) => void): void {
  eachMessage(request, 1, (resourceSpans) =>
    eachMessage(resourceSpans, 2, (scopeSpans) =>
      eachMessage(scopeSpans, 2, (span) => eachMessage(span, 2, (id) => onSpanId(id.toString('hex')))),
    ),
  );
}

/** Calls back with each length-delimited value of one field. */
function eachMessage(bytes: Buffer, field: number, onValue: (value: Buffer) => void): void {
  const cursor: Cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(cursor);
    const type = tag & 7;
    if (type === 0) varint(cursor);
    else {
      const size = type === 2 ? varint(cursor) : type === 1 ? 8 : 4;
      if (type === 2 && tag >>> 3 === field) onValue(bytes.subarray(cursor.at, cursor.at + size));
      cursor.at += size;
    }
  }
}

/** Tags and lengths stay under 2^31; what is longer (a 64-bit value) is only skipped, so its overflow does no harm. */
function varint(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.bytes[cursor.at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
