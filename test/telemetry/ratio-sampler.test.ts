import { ROOT_CONTEXT } from '@opentelemetry/api';
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import fc from 'fast-check';
import { RatioSampler } from '../../src/telemetry/ratio-sampler.js';

const SHARES = [0, 1, 0.5, 0.01, 0.1, 1 / 3, 0.999_999, 1 / 2 ** 32, 1e-12];
const id = fc.stringMatching(/^[0-9a-f]{32}$/);
const decision = (share: number, traceId: string) =>
  new RatioSampler(share).shouldSample(ROOT_CONTEXT, traceId).decision;
const ofTheSdk = (share: number, traceId: string) =>
  new TraceIdRatioBasedSampler(share).shouldSample(ROOT_CONTEXT, traceId).decision;

test('every trace is sampled or dropped as the SDK does it', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom(...SHARES), fc.double({ min: 0, max: 1, noNaN: true })),
      id,
      (share, traceId) => decision(share, traceId) === ofTheSdk(share, traceId),
    ),
    { numRuns: 5_000 },
  );
  t.pass();
});

test('an id just below the bound is sampled, one at the bound and one above it are not', (t) => {
  for (const share of SHARES.filter((one) => one > 0 && one < 1)) {
    const bound = Math.floor(share * 0xffffffff);
    for (const word of [bound - 1, bound, bound + 1].filter((one) => one >= 0)) {
      const rest = '00000000a5a5a5a5a5a5a5a5';
      const traceId = word.toString(16).padStart(8, '0') + rest;
      t.is(decision(share, traceId), ofTheSdk(share, traceId), `${share} ${traceId}`);
      t.is(decision(share, traceId), word < bound ? 2 : 0);
    }
  }
});

test('capital digits, which the api takes for a valid id, decide alike', (t) => {
  for (const traceId of ['0A000000000000000000000000000001', 'FFFFFFFF0000000000000000F0000000']) {
    t.is(decision(0.05, traceId), ofTheSdk(0.05, traceId));
  }
});

test('it has the name that the SDK gives it: whoever prints the sampler sees its share', (t) => {
  for (const share of SHARES) t.is(String(new RatioSampler(share)), String(new TraceIdRatioBasedSampler(share)));
});
