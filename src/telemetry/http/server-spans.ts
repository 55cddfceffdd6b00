import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  type MeterProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { type RPCMetadata, RPCType, suppressTracing } from '@opentelemetry/core';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { asError } from '../../contract/system-error.js';
import { carry, patchEmit } from './event-context.js';
import { BUCKETS } from './http-attributes.js';
import { excluder, type HttpSettings } from './http-settings.js';
import { RequestContext } from './request-context.js';
import { attributesOf, type Scheme } from './server-attributes.js';

interface ServerSpansConfig extends HttpSettings, InstrumentationConfig {
  /** Whether a span has its attributes when it starts, whatever the sampler is: for who keeps what has started. */
  readonly attributesAtStart?: boolean | undefined;
}

/** Of our own and the SDK's samplers, which do not read attributes, those that may drop a request. */
const MAY_DROP = /^(?:ParentBased\{root=)?(?:TraceIdRatioBased|AlwaysOffSampler)/;

/** What a server of node:http emits. */
type ServerEvent =
  | [event: 'request', request: IncomingMessage, response: ServerResponse]
  | [event: 'connection' | 'checkContinue' | 'checkExpectation' | 'upgrade' | 'connect' | 'close', ...unknown[]];
type Emit = (this: unknown, ...args: ServerEvent) => boolean;

/**
 * SERVER spans of node:http and node:https: with the names, attributes, status, events and propagation of
 * @opentelemetry/instrumentation-http, at about half the price. A request that is not sampled costs its decision and
 * its context.
 */
export class ServerSpans extends InstrumentationBase<ServerSpansConfig> {
  // No private names: the base's constructor sets the first before this class has any.
  declare private duration: Histogram;
  declare private metered: boolean;
  private readonly excluded: ((url: string | undefined) => boolean) | undefined;
  private readonly captured: readonly string[];
  private fields: readonly string[] | undefined;
  private lateFor: Tracer | undefined;
  private late = false;

  constructor(config: ServerSpansConfig = {}) {
    super('kf-cluster/http', '1', config);
    this.excluded = config.excludeUrls?.length ? excluder(config) : undefined;
    this.captured = (config.requestAttributes ?? []).map((name) => name.toLowerCase());
  }

  protected override _updateMetricInstruments(): void {
    const description = 'Duration of HTTP server requests.';
    const options = { description, unit: 's', advice: { explicitBucketBoundaries: BUCKETS } };
    this.duration = this.meter.createHistogram('http.server.request.duration', options);
  }

  override setMeterProvider(provider: MeterProvider): void {
    super.setMeterProvider(provider);
    this.metered = true;
  }

  override setTracerProvider(provider: TracerProvider): void {
    super.setTracerProvider(provider);
    this.fields = undefined; // a propagator was set with it
  }

  protected init(): InstrumentationNodeModuleDefinition[] {
    return (['http', 'https'] as const).map(
      (name) =>
        new InstrumentationNodeModuleDefinition(name, ['*'], (exports: { Server: { prototype: Server } }) => {
          patchEmit();
          this._wrap(exports.Server.prototype, 'emit', ((emit: Emit) => this.#emitter(emit, name)) as never);
          return exports;
        }),
    );
  }

  #emitter(emit: Emit, scheme: Scheme): Emit {
    const instrumentation = this;
    return function (this: unknown, ...args: ServerEvent): boolean {
      if (args[0] !== 'request') return Reflect.apply(emit, this, args);
      const request = args[1];
      const response = args[2];
      const run = () => Reflect.apply(emit, this, args);
      if (instrumentation.excluded?.(request.url)) return unseen(request, response, run);
      return instrumentation.#serve(request, response, scheme, run);
    };
  }

  #serve(request: IncomingMessage, response: ServerResponse, scheme: Scheme, run: () => boolean): boolean {
    const parent = this.#parentOf(request);
    const span = this.#start(request, scheme, parent);
    const metadata: RPCMetadata = { type: RPCType.HTTP, span };
    const active = new RequestContext(parent, span, metadata);
    if (!span.isRecording() && !this.metered) {
      carry(request, response, { context: active });
      return context.with(active, run);
    }
    const began = this.metered ? performance.now() : 0;
    let ended = false;
    const end = (error: Error | undefined) => {
      if (ended) return;
      ended = true;
      if (error) endWithError(span, error);
      else endOf(span, request, response, metadata);
      if (!this.metered) return;
      const attributes = metricAttributes(request, response, scheme, metadata, error);
      this.duration.record((performance.now() - began) / 1_000, attributes);
    };
    carry(request, response, { context: active, onClose: () => end(undefined), onError: end });
    return context.with(active, () => {
      try {
        return run();
      } catch (error) {
        end(asError(error));
        throw error;
      }
    });
  }

  /** Headers are looked through only if one is there that the propagator reads. */
  #parentOf({ headers }: IncomingMessage): Context {
    this.fields ??= propagation.fields();
    for (const field of this.fields) {
      if (headers[field] !== undefined) return propagation.extract(ROOT_CONTEXT, headers);
    }
    return this.fields.length === 0 ? propagation.extract(ROOT_CONTEXT, headers) : ROOT_CONTEXT;
  }

  #start(request: IncomingMessage, scheme: Scheme, parent: Context): Span {
    const { tracer } = this;
    if (tracer !== this.lateFor) {
      this.lateFor = tracer;
      const { _sampler: sampler = '' }: Tracer & { readonly _sampler?: unknown } = tracer;
      this.late = !this.getConfig().attributesAtStart && MAY_DROP.test(String(sampler));
    }
    const name = request.method || 'GET';
    if (!this.late)
      return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: this.#describe(request, scheme) }, parent);
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
    if (span.isRecording()) span.setAttributes(this.#describe(request, scheme));
    return span;
  }

  #describe(request: IncomingMessage, scheme: Scheme): Attributes {
    const attributes = attributesOf(request, scheme);
    for (const name of this.captured) {
      const value = request.headers[name];
      if (value !== undefined) attributes[`http.request.header.${name}`] = typeof value === 'string' ? [value] : value;
    }
    return attributes;
  }
}

/** A request that is excluded has no span, and nothing that it does has one. */
function unseen(request: IncomingMessage, response: ServerResponse, run: () => boolean): boolean {
  const suppressed = suppressTracing(context.active());
  carry(request, response, { context: suppressed });
  return context.with(suppressed, run);
}

function endOf(span: Span, { method }: IncomingMessage, response: ServerResponse, { route }: RPCMetadata): void {
  const { statusCode } = response;
  span.setAttribute('http.response.status_code', statusCode);
  if (route !== undefined) span.setAttribute('http.route', route);
  if (!(statusCode >= 100 && statusCode < 500)) span.setStatus({ code: SpanStatusCode.ERROR });
  if (route) span.updateName(`${method || 'GET'} ${route}`);
  span.end();
}

function endWithError(span: Span, error: Error): void {
  span.setAttribute('error.type', error.name);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.recordException(error);
  span.end();
}

function metricAttributes(
  request: IncomingMessage,
  { statusCode }: ServerResponse,
  scheme: Scheme,
  { route }: RPCMetadata,
  error: Error | undefined,
): Attributes {
  const attributes: Attributes = {
    'http.request.method': attributesOf(request, scheme)['http.request.method'],
    'url.scheme': scheme,
    'network.protocol.version': request.httpVersion,
  };
  if (error) return { ...attributes, 'error.type': error.name };
  if (route !== undefined) attributes['http.route'] = route;
  if (statusCode) attributes['http.response.status_code'] = statusCode;
  if (statusCode >= 500 && statusCode < 600) attributes['error.type'] = String(statusCode);
  return attributes;
}
