import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { type Env, invalid, textOf } from '../otel-env/read.js';

/** The sampler of OTEL_TRACES_SAMPLER(_ARG); parentbased_always_on when unset. Throws OTEL_INVALID for another name. */
export function createSampler(env: Env): Sampler {
  const name = textOf(env, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const build = SAMPLERS[name];
  if (!build) throw invalid('OTEL_TRACES_SAMPLER', name, `expected one of ${Object.keys(SAMPLERS).join(', ')}`);
  return build(env);
}

const ratio = (env: Env) => new TraceIdRatioBasedSampler(readRatio(env));

const SAMPLERS: Readonly<Record<string, (env: Env) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: ratio,
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (env) => new ParentBasedSampler({ root: ratio(env) }),
};

function readRatio(env: Env): number {
  const given = textOf(env, 'OTEL_TRACES_SAMPLER_ARG');
  if (given === undefined) return 1;
  const value = Number(given);
  if (!(value >= 0 && value <= 1)) throw invalid('OTEL_TRACES_SAMPLER_ARG', given, 'expected a number from 0 to 1');
  return value;
}
