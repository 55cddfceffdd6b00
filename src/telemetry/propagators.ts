import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { unlessNone } from '../otel-env/export-settings.js';
import { type Env, read } from '../otel-env/read-variable.js';

/** The propagator of OTEL_PROPAGATORS; tracecontext,baggage when unset. Throws OTEL_INVALID for an unknown name. */
export async function createPropagator(env: Env): Promise<TextMapPropagator> {
  const names = readPropagators(env);
  const propagators = await Promise.all(names.map((name) => PROPAGATORS[name]()));
  return new CompositePropagator({ propagators });
}

/** The names, without loading anything. */
function readPropagators(env: Env) {
  return unlessNone(read(env, 'OTEL_PROPAGATORS'));
}

type Name = ReturnType<typeof readPropagators>[number];
type Load = () => TextMapPropagator | Promise<TextMapPropagator>;

/** The less usual ones are loaded only when asked for. */
const PROPAGATORS: Readonly<Record<Name, Load>> = {
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
