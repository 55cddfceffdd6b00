import { type Context, ROOT_CONTEXT, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { NodeTracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-node';

import type { LifecycleSpan } from '../contract/lifecycle-span.js';

interface LifecycleWay {
  readonly resource: Resource;
  readonly sampler: Sampler;
  readonly spanProcessors: SpanProcessor[];
}

/**
 * Makes spans of what the primary sends and ends them, before it returns. They take the same path as all others, through a
 * provider of their own, because only a provider's id generator can give a span the id that the primary chose: a span
 * that is sent twice, because the first worker died, is then the same span.
 */
export function recordLifecycle(spans: readonly LifecycleSpan[], way: LifecycleWay): void {
  const next = { traceId: '', spanId: '' };
  const idGenerator = { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId };
  const tracer = new NodeTracerProvider({ ...way, idGenerator }).getTracer('kf-cluster');
  const record = (one: LifecycleSpan, parent = ROOT_CONTEXT) => {
    Object.assign(next, one);
    const span = start(tracer, one, parent);
    for (const child of one.children) record(child, trace.setSpan(parent, span));
    span.end(one.end);
  };
  for (const span of spans) record(span);
}

function start(tracer: Tracer, one: LifecycleSpan, parent: Context) {
  const { name, start: startTime, attributes, events, error } = one;
  const span = tracer.startSpan(name, { startTime, attributes }, parent);
  for (const { name: event, at, attributes: more } of events) span.addEvent(event, more, at);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  return span;
}
