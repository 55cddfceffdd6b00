import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { type Env, invalid, listOf, textOf } from '../otel-env/read.js';

/** The propagator of OTEL_PROPAGATORS; tracecontext,baggage when unset. Throws OTEL_INVALID for an unknown name. */
export async function createPropagator(env: Env): Promise<TextMapPropagator> {
  const names = readPropagators(env);
  const propagators = await Promise.all(names.map((name) => PROPAGATORS[name]!()));
  return new CompositePropagator({ propagators });
}

/** The validated names, without loading anything. */
export function readPropagators(env: Env): string[] {
  const names = listOf(textOf(env, 'OTEL_PROPAGATORS') ?? 'tracecontext,baggage');
  const known = [...Object.keys(PROPAGATORS), 'none'];
  for (const name of names) {
    if (!known.includes(name)) throw invalid('OTEL_PROPAGATORS', name, `expected a comma list of ${known.join(', ')}`);
  }
  return names.includes('none') ? [] : names;
}

type Load = () => TextMapPropagator | Promise<TextMapPropagator>;

/** The less usual ones are loaded only when asked for. */
const PROPAGATORS: Readonly<Record<string, Load>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: async () => new (await import('@opentelemetry/propagator-b3')).B3Propagator(),
  b3multi: async () => {
    const { B3InjectEncoding, B3Propagator } = await import('@opentelemetry/propagator-b3');
    return new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER });
  },
  xray: async () => new (await import('@opentelemetry/propagator-aws-xray')).AWSXRayPropagator(),
  jaeger: async () => new (await import('@opentelemetry/propagator-jaeger')).JaegerPropagator(),
};
