import { randomFillSync } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace-node';
import type { IdGeneratorName } from './built-in-options.js';

/** In hexadecimal digits. */
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
/** Random bytes that are asked for at once, as to ask costs as much as a thousand of them. */
const RANDOM_BYTES = 16 * 1024;
/** Of those, written as text at once: ids of twenty spans. */
const TEXT_BYTES = 512;

/** `xray` puts the time in seconds in the first four bytes of a trace id, which AWS X-Ray asks for. */
export function createIdGenerator(name: IdGeneratorName): IdGenerator {
  const random = randomHex();
  return {
    generateTraceId: name === 'random' ? () => random(TRACE_DIGITS) : () => seconds() + random(TRACE_DIGITS - 8),
    generateSpanId: () => random(SPAN_DIGITS),
  };
}

function seconds(): string {
  return Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0');
}

/**
 * Of a pool that belongs to this process alone: a worker starts as a new program, and so with random bytes of its own. They are
 * written as text in pieces: a slice of that costs a tenth of what the text of a few bytes does. An id that is kept
 * holds its piece, 1 kB, which is why that is not larger.
 */
function randomHex(): (digits: number) => string {
  let bytes: Buffer | undefined;
  let written = 0;
  let text = '';
  let used = 0;
  const write = () => {
    if (bytes === undefined || written === bytes.length) {
      bytes = randomFillSync(bytes ?? Buffer.alloc(RANDOM_BYTES));
      written = 0;
    }
    text = bytes.toString('hex', written, written + TEXT_BYTES);
    written += TEXT_BYTES;
    used = 0;
  };
  const take = (digits: number): string => {
    if (used + digits > text.length) write();
    used += digits;
    const id = text.slice(used - digits, used);
    // By W3C Trace Context an id of zeros is none.
    return ZEROS.startsWith(id) ? take(digits) : id;
  };
  return take;
}

const ZEROS = '0'.repeat(TRACE_DIGITS);
