import { type Header, STATIC_HEADERS } from './static-headers.js';

/** The other side is to keep no table for us. Said once, at the start of the first block: RFC 7541, 4.2. */
export const NO_TABLE = Buffer.from([0x20]);

/**
 * A list of headers as a block: RFC 7541. Each is marked as one that no table may keep, ours or a proxy's: a value may be a key
 * (RFC 7541, 7.1.3). Only method and scheme, which stand in the table of all, are an index. Names are in lower case.
 */
export function headerBlock(headers: readonly Header[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => encoded(name, value)));
}

function encoded(name: string, value: string): readonly Uint8Array[] {
  const whole = STATIC_HEADERS.findIndex((known) => known[0] === name && known[1] === value);
  if (whole !== -1 && value !== '') return [integer(0x80, 7, whole + 1)];
  const known = STATIC_HEADERS.findIndex((header) => header[0] === name) + 1;
  return [integer(0x10, 4, known), ...(known === 0 ? text(name) : []), ...text(value)];
}

const text = (value: string): readonly Uint8Array[] => {
  const bytes = Buffer.from(value, 'latin1');
  return [integer(0, 7, bytes.length), bytes];
};

/** RFC 7541, 5.1. */
function integer(pattern: number, prefix: number, value: number): Uint8Array {
  const most = 2 ** prefix - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
