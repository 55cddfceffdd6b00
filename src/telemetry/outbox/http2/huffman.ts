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

/** A step for each bit, zero or one: where the next bit goes on, or the byte that is whole. Undefined where no code goes. */
type Steps = [zero: Steps | number | undefined, one: Steps | number | undefined];

let codes: Steps | undefined;

/** Text that was packed by the code. Throws Http2Fault for what the code has not. */
export function unpacked(packed: Uint8Array): string {
  codes ??= makeCodes();
  const bytes: number[] = [];
  let steps = codes;
  // Of the code that has begun: its bits, and whether all of them are ones, as padding is.
  let bits = 0;
  let ones = true;
  for (const byte of packed) {
    for (let mask = 0x80; mask !== 0; mask >>= 1) {
      const one = (byte & mask) !== 0;
      const next = steps[one ? 1 : 0];
      ones &&= one;
      bits++;
      if (typeof next === 'object') {
        steps = next;
        continue;
      }
      if (next === undefined || next === END)
        throw new Http2Fault('COMPRESSION_ERROR', 'a header with a code of no byte');
      bytes.push(next);
      steps = codes;
      bits = 0;
      ones = true;
    }
  }
  if (bits > 7 || !ones) throw new Http2Fault('COMPRESSION_ERROR', 'a header that ends within a code');
  return Buffer.from(bytes).toString('latin1');
}

function makeCodes(): Steps {
  const made: Steps = [undefined, undefined];
  // Within a length they stay in the order of their bytes.
  const byLength = [...BITS.entries()].sort(([, bits], [, others]) => bits - others);
  let code = 0;
  let before = 0;
  for (const [symbol, length] of byLength) {
    code *= 2 ** (length - before);
    addCode(made, code++, length, symbol);
    before = length;
  }
  return made;
}

function addCode(made: Steps, code: number, length: number, symbol: number): void {
  let steps = made;
  for (let bit = length - 1; bit > 0; bit--) {
    const side = (code >> bit) & 1 ? 1 : 0;
    const known = steps[side];
    const next: Steps = typeof known === 'object' ? known : [undefined, undefined];
    steps[side] = next;
    steps = next;
  }
  steps[code & 1 ? 1 : 0] = symbol;
}
