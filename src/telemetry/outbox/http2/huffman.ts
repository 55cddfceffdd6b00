import { Http2Fault } from './frames.js';

/**
 * Bits of the code of each byte, and of the end, which stands last: RFC 7541, appendix B. The codes follow from them: they are
 * counted up by length, and within a length by byte.
 */
const BITS: readonly number[] = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28],
  ...[28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6],
  ...[6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23],
  ...[23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21],
  ...[23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19],
  ...[22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27],
  ...[27, 27, 27, 26, 30],
];

const END = 256;
const LONGEST = 30;

/** The codes of a length are counted up from its first, in the order of their symbols. */
interface Length {
  readonly first: number;
  readonly symbols: readonly number[];
}

let lengths: readonly Length[] | undefined;

/** Text that was packed by the code. Throws Http2Fault for what the code has not. */
export function unpacked(packed: Uint8Array): string {
  lengths ??= makeLengths();
  const bytes: number[] = [];
  // Of the code that has begun.
  let code = 0;
  let bits = 0;
  for (const byte of packed) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      const { first, symbols } = lengths[++bits] ?? NONE;
      const symbol = symbols[code - first];
      if (symbol === undefined && bits < LONGEST) continue;
      if (symbol === undefined || symbol === END)
        throw new Http2Fault('COMPRESSION_ERROR', 'a header with a code of no byte');
      bytes.push(symbol);
      code = 0;
      bits = 0;
    }
  }
  // It is filled up with ones.
  if (bits > 7 || code !== 2 ** bits - 1) throw new Http2Fault('COMPRESSION_ERROR', 'a header that ends within a code');
  return Buffer.from(bytes).toString('latin1');
}

const NONE: Length = { first: 0, symbols: [] };

/** By length. In so few steps that V8 does not optimize them: its compiler would stay in memory, 3 MB a worker. */
function makeLengths(): readonly Length[] {
  const symbols: number[][] = Array.from({ length: LONGEST + 1 }, () => []);
  for (const [symbol, bits] of BITS.entries()) symbols[bits]?.push(symbol);
  let next = 0;
  return symbols.map((ofLength) => {
    const first = next;
    next = (first + ofLength.length) * 2;
    return { first, symbols: ofLength };
  });
}
