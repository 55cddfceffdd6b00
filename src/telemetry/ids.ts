import { randomFillSync } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace-node';

export type IdGeneratorName = 'random' | 'xray';

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
/** Ids of more than a hundred spans at once: to ask the system for each costs several times of what this does. */
const POOL_BYTES = 4_096;

/** `xray` puts the time in seconds in the first four bytes of a trace id, which AWS X-Ray asks for. */
export function createIdGenerator(name: IdGeneratorName): IdGenerator {
  const random = randomHex();
  return {
    generateTraceId: name === 'random' ? () => random(TRACE_BYTES) : () => seconds() + random(TRACE_BYTES - 4),
    generateSpanId: () => random(SPAN_BYTES),
  };
}

function seconds(): string {
  return Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, '0');
}

/** Of a pool that belongs to this process alone: a worker starts as a new program, and so with random bytes of its own. */
function randomHex(): (bytes: number) => string {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  let used = POOL_BYTES;
  const take = (bytes: number): string => {
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    const id = pool.toString('hex', used - bytes, used);
    // By W3C Trace Context an id of zeros is none.
    return ZEROS.startsWith(id) ? take(bytes) : id;
  };
  return take;
}

const ZEROS = '0'.repeat(2 * TRACE_BYTES);
