import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AlwaysOnSampler, type IdGenerator, NodeTracerProvider, type Sampler } from '@opentelemetry/sdk-trace-node';
import { isLate, type LateIds } from '../ids.js';
import { ParentBasedRatioSampler, RatioSampler } from '../ratio-sampler.js';
import { UnsampledSpan } from './unsampled-span.js';

/** What the SDK's tracer starts a span with, by its own names. */
interface SdkTracer extends Tracer {
  readonly _sampler: Sampler;
  readonly _idGenerator: IdGenerator;
  readonly _resource: unknown;
  readonly _spanProcessor: unknown;
  readonly _spanLimits: unknown;
  readonly instrumentationScope: unknown;
}
type SdkSpanClass = new (parts: object) => Span;

/**
 * Starts SERVER spans as the SDK's tracer does, without what such a span never has: links, attributes at its start, a time of its
 * own, a suppressed context, and the SDK's metrics of itself. That is half of the price of a start. For a sampler that reads no
 * attributes, where those metrics are off.
 */
export class SpanStarter {
  readonly #tracer: SdkTracer;
  readonly #class: SdkSpanClass;

  /** Decides by a random word where there is no parent, and a trace id may follow. */
  readonly #late: { readonly ids: LateIds; readonly sampler: RatioSampler } | undefined;

  private constructor(tracer: SdkTracer, ofSpans: SdkSpanClass) {
    this.#tracer = tracer;
    this.#class = ofSpans;
    const [sampler, ids] = [rootOf(tracer._sampler), tracer._idGenerator];
    this.#late = sampler && !sampler.takesAll && isLate(ids) ? { ids, sampler } : undefined;
  }

  /** Undefined for a tracer that is not built like the SDK's. */
  static of(tracer: Tracer): SpanStarter | undefined {
    if (!isSdkTracer(tracer)) return undefined;
    const ofSpans = spanClass();
    return ofSpans && new SpanStarter(tracer, ofSpans);
  }

  start(name: string, parent: Context): Span {
    const around = parent === ROOT_CONTEXT ? undefined : trace.getSpanContext(parent);
    const above = around !== undefined && isSpanContextValid(around) ? around : undefined;
    const late = above === undefined ? this.#late : undefined;
    if (late === undefined) return this.#decide(name, parent, above);
    const { ids, sampler } = late;
    const word = ids.randomWord();
    if (!sampler.takes(word)) return new UnsampledSpan(ids, word);
    const spanId = ids.generateSpanId();
    const own = { traceId: ids.traceIdOf(word), spanId, traceFlags: TraceFlags.SAMPLED };
    return this.#record(name, parent, own, undefined);
  }

  #decide(name: string, parent: Context, above: SpanContext | undefined): Span {
    const { _sampler: sampler, _idGenerator: ids } = this.#tracer;
    const traceId = above === undefined ? ids.generateTraceId() : above.traceId;
    const result = sampler.shouldSample(parent, traceId, name, SpanKind.SERVER, NO_ATTRIBUTES, NO_LINKS);
    const isSampled = result.decision !== NOT_RECORD;
    const traceState = result.traceState ?? above?.traceState;
    const own: SpanContext = {
      traceId,
      spanId: ids.generateSpanId(),
      traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    };
    if (traceState !== undefined) own.traceState = traceState;
    return isSampled ? this.#record(name, parent, own, above) : trace.wrapSpanContext(own);
  }

  #record(name: string, context: Context, spanContext: SpanContext, above: SpanContext | undefined): Span {
    const tracer = this.#tracer;
    return new this.#class({
      resource: tracer._resource,
      scope: tracer.instrumentationScope,
      context,
      spanContext,
      name,
      kind: SpanKind.SERVER,
      parentSpanContext: above,
      spanProcessor: tracer._spanProcessor,
      spanLimits: tracer._spanLimits,
    });
  }
}

/** Who decides on a request without a parent, where that is by its trace id alone. */
function rootOf(sampler: Sampler): RatioSampler | undefined {
  if (sampler instanceof ParentBasedRatioSampler) return sampler.root;
  return sampler instanceof RatioSampler ? sampler : undefined;
}

const NO_ATTRIBUTES = {};
const NO_LINKS: [] = [];
/** `SamplingDecision` of the SDK; the samplers that this is for never say RECORD. */
const NOT_RECORD = 0;
const PARTS = ['_sampler', '_idGenerator', '_resource', '_spanProcessor', '_spanLimits', 'instrumentationScope'];

function isSdkTracer(tracer: Tracer): tracer is SdkTracer {
  return PARTS.every((part) => part in tracer);
}

/** The SDK does not export it. */
function spanClass(): SdkSpanClass | undefined {
  const provider = new NodeTracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [] });
  const { constructor: found }: { readonly constructor: unknown } = provider.getTracer('').startSpan('');
  return isSpanClass(found) ? found : undefined;
}

function isSpanClass(found: unknown): found is SdkSpanClass {
  return typeof found === 'function';
}
