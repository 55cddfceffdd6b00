import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, type Sampler } from '@opentelemetry/sdk-trace-node';
import { readSampler, type SamplerSettings } from '../otel-env/export-settings.js';
import type { Env } from '../otel-env/read-variable.js';
import { ParentBasedRatioSampler, RatioSampler } from './ratio-sampler.js';

/** The sampler of OTEL_TRACES_SAMPLER(_ARG). @throws KfError OTEL_INVALID */
export function createSampler(env: Env): Sampler {
  const { name, share } = readSampler(env);
  return SAMPLERS[name](share);
}

const SAMPLERS: Readonly<Record<SamplerSettings['name'], (share: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (share) => new RatioSampler(share),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (share) => new ParentBasedRatioSampler(new RatioSampler(share)),
};
