import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const DROPPED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
/** In hexadecimal digits: a trace id is four words. */
const WORD = 8;

/**
 * The SDK's TraceIdRatioBasedSampler, which samples a trace when its four words, combined by exclusive or, are below a bound:
 * so that every service of a trace decides alike. Digit by digit from the highest one, as the first one or two of them decide
 * almost always; the SDK's reads all 32 and checks the id before, which the tracer has done.
 */
export class RatioSampler implements Sampler {
  readonly #share: number;
  readonly #bound: number;
  readonly #digits: readonly number[];

  /** `share`: of traces, from 0 to 1. */
  constructor(share: number) {
    this.#share = share;
    // As the SDK computes it.
    this.#bound = share === 1 ? 2 ** 32 : Math.floor(share * 0xffffffff);
    this.#digits = Array.from({ length: WORD }, (_, at) => Math.floor(this.#bound / 16 ** (WORD - 1 - at)) % 16);
  }

  /** Whether every trace is sampled, whatever its id. */
  get takesAll(): boolean {
    return this.#bound === 2 ** 32;
  }

  /** Decides by the four words of a trace id, combined by exclusive or, as a number of 32 bits without a sign. */
  takes(word: number): boolean {
    return word < this.#bound;
  }

  shouldSample(_context: unknown, traceId: string): SamplingResult {
    return this.#isBelow(traceId) ? SAMPLED : DROPPED;
  }

  toString(): string {
    return String(new TraceIdRatioBasedSampler(this.#share));
  }

  #isBelow(id: string): boolean {
    if (this.#bound === 2 ** 32) return true;
    for (let at = 0; at < WORD; at++) {
      const digit = valueAt(id, at) ^ valueAt(id, at + WORD) ^ valueAt(id, at + 2 * WORD) ^ valueAt(id, at + 3 * WORD);
      const bound = this.#digits[at] ?? 0;
      if (digit !== bound) return digit < bound;
    }
    return false;
  }
}

/** The SDK's, which knows its root: that decides alone where there is no parent. */
export class ParentBasedRatioSampler extends ParentBasedSampler {
  readonly root: RatioSampler;

  constructor(root: RatioSampler) {
    super({ root });
    this.root = root;
  }
}

/** Of a hexadecimal digit: by W3C Trace Context and by `isSpanContextValid` of the api, which takes capitals too. */
function valueAt(id: string, at: number): number {
  const code = id.charCodeAt(at);
  return code < 58 ? code - 48 : (code & 0x1f) + 9;
}
