import { randomBytes } from 'node:crypto';
import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace-node';

export type IdGeneratorName = 'random' | 'xray';

/** `xray` puts the time in seconds in the first four bytes of a trace id, which AWS X-Ray asks for. */
export function createIdGenerator(name: IdGeneratorName): IdGenerator {
  const random = new RandomIdGenerator();
  if (name === 'random') return random;
  return {
    generateTraceId: () => {
      const seconds = Math.floor(Date.now() / 1000);
      return seconds.toString(16).padStart(8, '0') + randomBytes(12).toString('hex');
    },
    generateSpanId: () => random.generateSpanId(),
  };
}
