import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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
import type { HttpSettings } from '../built-in-options.js';
import { enter, enterCallback, leaveCallback, lookAtTable } from './enter-context.js';
import { carry, patchListeners } from './event-context.js';
import { followToEnd, keepEnds, mayBeFollowed } from './exchange.js';
import { BUCKETS } from './http-attributes.js';
import { excluder } from './http-settings.js';
import { ownProvider } from './own-provider.js';
import { RequestContext } from './request-context.js';
import { attributesOf, plainAttributes, type Scheme } from './server-attributes.js';
import { giveAttributes } from './span-attributes.js';
import { SpanStarter } from './start-span.js';

interface ServerSpansConfig extends HttpSettings, InstrumentationConfig {
  /** Whether a span has its attributes when it starts, whatever the sampler is: for who keeps what has started. */
  readonly attributesAtStart?: boolean | undefined;
}

/** Our own samplers and those of the SDK, which do not read attributes. */
const READS_NONE = /^(?:ParentBased\{root=)?(?:TraceIdRatioBased|AlwaysO(?:n|ff)Sampler)/;

/** What a server of node:http emits. */
type RequestEvent = [event: 'request', request: IncomingMessage, response: ServerResponse];
type ServerEvent =
  | RequestEvent
  | [event: 'connection' | 'secureConnection', socket: Socket]
  | [event: 'checkContinue' | 'checkExpectation' | 'upgrade' | 'connect' | 'close', ...unknown[]];
type Emit = (this: unknown, ...args: ServerEvent) => boolean;

/**
 * SERVER spans of node:http and node:https: with the names, attributes, status, events and propagation of
 * @opentelemetry/instrumentation-http, at about a third of the price. A request that is not sampled costs its decision and
 * its context.
 */
export class ServerSpans extends InstrumentationBase<ServerSpansConfig> {
  // No private names: the base's constructor sets the first before this class has any.
  declare private duration: Histogram;
  declare private metered: boolean;
  private readonly excluded: ((url: string | undefined) => boolean) | undefined;
  private readonly captured: readonly string[];
  private fields: readonly string[] | undefined;
  /** How spans of `startsOf` start: without attributes where nobody reads them then. */
  private starts: 'full' | 'late' | SpanStarter = 'full';
  private startsOf: Tracer | undefined;
  declare private own: ReturnType<typeof ownProvider>;

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
    this.own = ownProvider(provider);
    this.fields = undefined; // a propagator was set with it
  }

  protected init(): InstrumentationNodeModuleDefinition[] {
    return (['http', 'https'] as const).map(
      (name) =>
        new InstrumentationNodeModuleDefinition(name, ['*'], (exports: { Server: { prototype: Server } }) => {
          patchListeners();
          keepEnds();
          this._wrap(exports.Server.prototype, 'emit', ((emit: Emit) => this.#emitter(emit, name)) as never);
          return exports;
        }),
    );
  }

  #emitter(emit: Emit, scheme: Scheme): Emit {
    const instrumentation = this;
    return function (this: unknown, ...args: ServerEvent): boolean {
      if (args[0] === 'connection' || args[0] === 'secureConnection') learnPeer(args[1]);
      if (args[0] !== 'request') return Reflect.apply(emit, this, args);
      if (instrumentation.excluded?.(args[1].url)) return unseen(emit, this, args);
      return instrumentation.#serve(emit, this, args, scheme);
    };
  }

  #serve(emit: Emit, server: unknown, args: RequestEvent, scheme: Scheme): boolean {
    lookAtTable();
    const [, request, response] = args;
    const parent = this.#parentOf(request);
    const span = this.#start(request, scheme, parent);
    const metadata: RPCMetadata = { type: RPCType.HTTP, span };
    const active = new RequestContext(parent, span, metadata);
    const duration = this.metered ? this.duration : undefined;
    carry(request, response, active);
    mayBeFollowed(response);
    const isFollowed = span.isRecording() || duration !== undefined;
    const exchange = isFollowed && followToEnd({ request, response, scheme, span, metadata, duration });
    const isInside = enterCallback(active, request);
    try {
      return isInside ? Reflect.apply(emit, server, args) : emitIn(active, emit, server, args);
    } catch (error) {
      if (isInside) leaveCallback();
      if (exchange) exchange.end(asError(error));
      throw error;
    }
  }

  /** Headers are looked through only if one is there that the propagator reads. */
  #parentOf(request: IncomingMessage): Context {
    this.fields ??= propagation.fields().map((field) => field.toLowerCase());
    if (this.fields.length > 0 && !has(request, this.fields)) return ROOT_CONTEXT;
    return propagation.extract(ROOT_CONTEXT, request.headers);
  }

  #start(request: IncomingMessage, scheme: Scheme, parent: Context): Span {
    const { tracer } = this;
    if (tracer !== this.startsOf) {
      this.startsOf = tracer;
      this.starts = this.#startsOf(tracer);
    }
    const name = request.method || 'GET';
    const { starts } = this;
    if (starts === 'full') {
      const attributes = { ...attributesOf(request, scheme), ...this.#captured(request) };
      return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    }
    const span = starts === 'late' ? tracer.startSpan(name, SERVER, parent) : starts.start(name, parent);
    if (!span.isRecording()) return span;
    const plain = plainAttributes(request, scheme);
    if (plain) giveAttributes(span, plain);
    else span.setAttributes(attributesOf(request, scheme));
    if (this.captured.length > 0) span.setAttributes(this.#captured(request));
    return span;
  }

  #startsOf(tracer: Tracer): typeof this.starts {
    const { _sampler: sampler = '' }: Tracer & { readonly _sampler?: unknown } = tracer;
    if (!this.own || this.getConfig().attributesAtStart || !READS_NONE.test(String(sampler))) return 'full';
    return this.own.counted ? 'late' : (SpanStarter.of(tracer) ?? 'late');
  }

  #captured({ headers }: IncomingMessage): Attributes {
    const attributes: Attributes = {};
    for (const name of this.captured) {
      const value = headers[name];
      if (value !== undefined) attributes[`http.request.header.${name}`] = typeof value === 'string' ? [value] : value;
    }
    return attributes;
  }
}

/**
 * Has Node ask for the peer's address when a connection begins. Node keeps it as another property of the socket. Asked for by the
 * few requests that are sampled, sockets would get it at different moments and so have many shapes: 7 microseconds of each
 * request at 1%, measured on Node 20.
 */
function learnPeer(socket: Socket): void {
  void socket.remoteAddress;
}

const SERVER = { kind: SpanKind.SERVER };

/**
 * Whether one of these headers, in lower case, is there: by the names as they came, because to ask for `headers` puts all of
 * them into an object. A request that an app makes by hand may have `headers` alone.
 */
function has(request: IncomingMessage, names: readonly string[]): boolean {
  const { rawHeaders } = request;
  if (rawHeaders === undefined || rawHeaders.length === 0)
    return names.some((name) => request.headers[name] !== undefined);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i];
    for (const name of names) if (given?.length === name.length && given.toLowerCase() === name) return true;
  }
  return false;
}

/** Apart, because a function that makes a closure costs also where it makes none. */
function emitIn(active: Context, emit: Emit, server: unknown, args: RequestEvent): boolean {
  return enter(active, () => Reflect.apply(emit, server, args));
}

/** A request that is excluded has no span, and nothing that it does has one. */
function unseen(emit: Emit, server: unknown, args: RequestEvent): boolean {
  const suppressed = suppressTracing(context.active());
  carry(args[1], args[2], suppressed);
  return emitIn(suppressed, emit, server, args);
}
