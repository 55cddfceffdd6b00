import { randomFillSync } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace-node';
import type { IdGeneratorName } from './built-in-options.js';

/** In hexadecimal digits. */
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const WORD_DIGITS = 8;
/** Random bytes that are asked for at once, as to ask costs as much as a thousand of them. */
const RANDOM_BYTES = 16 * 1024;
/** Of those, written as text at once: ids of twenty spans. */
const TEXT_BYTES = 512;

/** With trace ids that may be made after it was decided whether they are sampled. */
export interface LateIds extends IdGenerator {
  /** 32 random bits, for `traceIdOf`. */
  randomWord(): number;
  /** A trace id as random as the others, whose four words of 32 bits, combined by exclusive or, are this one. */
  traceIdOf(word: number): string;
}

export function isLate(ids: IdGenerator): ids is LateIds {
  return 'randomWord' in ids && 'traceIdOf' in ids;
}

/** `xray` puts the time in seconds in the first four bytes of a trace id, which AWS X-Ray asks for. */
export function createIdGenerator(name: IdGeneratorName): LateIds {
  const random = randomHex();
  const firstWord = name === 'random' ? () => random(WORD_DIGITS) : seconds;
  const traceIdOf = (word: number): string => {
    const first = firstWord();
    const [second, third] = [random(WORD_DIGITS), random(WORD_DIGITS)];
    const last = (word ^ numberOf(first) ^ numberOf(second) ^ numberOf(third)) >>> 0;
    const id = first + second + third + last.toString(16).padStart(WORD_DIGITS, '0');
    return ZEROS.startsWith(id) ? traceIdOf(word) : id;
  };
  return {
    generateTraceId:
      name === 'random' ? () => random(TRACE_DIGITS) : () => seconds() + random(TRACE_DIGITS - WORD_DIGITS),
    generateSpanId: () => random(SPAN_DIGITS),
    randomWord: randomWords(),
    traceIdOf,
  };
}

const numberOf = (digits: string) => Number.parseInt(digits, 16);

function seconds(): string {
  return Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(WORD_DIGITS, '0');
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

function randomWords(): () => number {
  const words = new Uint32Array(RANDOM_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  let used = words.length;
  return () => {
    if (used === words.length) {
      randomFillSync(words);
      used = 0;
    }
    return words[used++] ?? 0;
  };
}

const ZEROS = '0'.repeat(TRACE_DIGITS);
