import type http from 'node:http';
import type http2 from 'node:http2';
import type { Socket } from 'node:net';
import {
  type Context,
  context,
  type Histogram,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed, RPCType, suppressTracing } from '@opentelemetry/core';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { codeOf } from '../../contract/system-error.js';
import type { HttpSettings } from '../built-in-options.js';
import {
  BUCKETS,
  clientAttributes,
  endOf,
  type Headers,
  type Incoming,
  isGrpc,
  knownMethod,
  serverAttributes,
  urlOf,
} from './http-attributes.js';
import { excluder } from './http-settings.js';
import { RequestContext } from './request-context.js';

type Http2 = typeof http2;
type Server = http2.Http2Server | http2.Http2SecureServer;
/** What it emits: a request of HTTP/1 only where it allows that. */
type ServerEvent =
  | [event: 'stream', stream: http2.ServerHttp2Stream, headers: Headers, ...unknown[]]
  | [event: 'request', request: http.IncomingMessage, response: http.ServerResponse]
  | [event: 'session' | 'sessionError' | 'connection' | 'secureConnection' | 'checkContinue' | 'close', ...unknown[]];

interface Http2Config extends HttpSettings, InstrumentationConfig {}

const NO_ERROR = 0;

/**
 * SERVER and CLIENT spans of node:http2, with the attributes that those of node:http have; and of HTTP/1 requests that an
 * http2 server takes (`allowHTTP1`), which pass by node:http's server. gRPC is left to its own instrumentation.
 */
export class Http2Instrumentation extends InstrumentationBase<Http2Config> {
  // No private names: the base's constructor sets the first two before this class has any.
  declare private serverTime: Histogram;
  declare private clientTime: Histogram;
  private readonly excluded: (url: string | undefined) => boolean;

  constructor(config: Http2Config = {}) {
    super('kf-cluster/http2', '1', config);
    this.excluded = excluder(config);
  }

  protected override _updateMetricInstruments(): void {
    const options = { unit: 's', advice: { explicitBucketBoundaries: BUCKETS } };
    this.serverTime = this.meter.createHistogram('http.server.request.duration', options);
    this.clientTime = this.meter.createHistogram('http.client.request.duration', options);
  }

  protected init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition('http2', ['*'], (exports: Http2) => {
      // Each has overloads, which no wrapper can spell.
      const created = (create: (...args: unknown[]) => Server) => this.#created(create);
      const connected = (connect: (...args: unknown[]) => http2.ClientHttp2Session) => this.#connected(connect);
      this._wrap(exports, 'createServer', created as never);
      this._wrap(exports, 'createSecureServer', created as never);
      this._wrap(exports, 'connect', connected as never);
      return exports;
    });
  }

  #created(create: (...args: unknown[]) => Server) {
    const watch = (server: Server) => this.#watch(server);
    return function (this: unknown, ...args: unknown[]): Server {
      return watch(create.apply(this, args));
    };
  }

  #watch(server: Server): Server {
    const emit: (...args: ServerEvent) => boolean = server.emit;
    const secure = 'setSecureContext' in server;
    server.emit = ((...args: ServerEvent): boolean => {
      const run = () => emit.call(server, ...args);
      if (args[0] === 'stream') return this.#stream(args[1], args[2], secure, run);
      if (args[0] === 'request' && args[1].httpVersionMajor === 1) return this.#http1(args[1], args[2], run);
      return run();
    }) as Server['emit'];
    return server;
  }

  #stream(stream: http2.ServerHttp2Stream, headers: Headers, secure: boolean, run: () => boolean): boolean {
    if (isGrpc(headers)) return run();
    const method = String(headers[':method']);
    const request: Incoming = {
      ...{ method, headers, path: String(headers[':path'] ?? '/'), version: '2' },
      ...{ host: String(headers[':authority'] ?? headers.host ?? ''), scheme: secure ? 'https' : 'http' },
      socket: stream.session?.socket as Socket | undefined,
    };
    return this.#serve(request, run, (ended) => {
      stream.once('close', () => ended(Number(stream.sentHeaders?.[':status']), resetOf(stream)));
    });
  }

  #http1(request: http.IncomingMessage, response: http.ServerResponse, run: () => boolean): boolean {
    const { method = 'GET', url = '/', headers, httpVersion: version, socket } = request;
    const incoming = { method, headers, path: url, version, host: headers.host ?? '', scheme: 'https', socket };
    return this.#serve(incoming, run, (ended) => {
      response.once('close', () => ended(response.statusCode, response.writableFinished ? undefined : 'aborted'));
    });
  }

  #serve(request: Incoming, run: () => boolean, whenEnded: (ended: Ended) => void): boolean {
    if (this.excluded(request.path)) return context.with(suppressTracing(context.active()), run);
    const began = performance.now();
    const attributes = serverAttributes(request, this.getConfig());
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const method = knownMethod(request.method);
    const span = this.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    const metadata: { type: RPCType.HTTP; span: Span; route?: string } = { type: RPCType.HTTP, span };
    const active = new RequestContext(parent, span, metadata);
    whenEnded((status, error) => {
      const { route } = metadata;
      if (route) {
        span.setAttribute('http.route', route);
        span.updateName(`${method} ${route}`);
      }
      const outcome = endOf(span, status, error, 500);
      const shared = { 'http.request.method': method, 'url.scheme': request.scheme, ...outcome };
      const time = { ...shared, 'network.protocol.version': request.version, ...(route && { 'http.route': route }) };
      this.serverTime.record((performance.now() - began) / 1000, time);
    });
    return context.with(active, run);
  }

  #connected(connect: (...args: unknown[]) => http2.ClientHttp2Session) {
    const watch = (session: http2.ClientHttp2Session, authority: unknown) => this.#watchSession(session, authority);
    return function (this: unknown, ...args: unknown[]): http2.ClientHttp2Session {
      return watch(connect.apply(this, args), args[0]);
    };
  }

  #watchSession(session: http2.ClientHttp2Session, authority: unknown): http2.ClientHttp2Session {
    const request = session.request;
    const base = urlOf(authority);
    session.request = (headers = {}, options) => {
      const plain = !Array.isArray(headers);
      if (!base || !plain || isTracingSuppressed(context.active()) || isGrpc(headers as Headers)) {
        return request.call(session, headers, options);
      }
      return this.#request(base, headers as http2.OutgoingHttpHeaders, (sent) => request.call(session, sent, options));
    };
    return session;
  }

  #request(
    base: URL,
    headers: http2.OutgoingHttpHeaders,
    send: (headers: http2.OutgoingHttpHeaders) => http2.ClientHttp2Stream,
  ): http2.ClientHttp2Stream {
    const began = performance.now();
    const method = knownMethod(String(headers[':method'] ?? 'GET'));
    const attributes = clientAttributes(base, method, headers);
    const span = this.tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes });
    const active: Context = trace.setSpan(context.active(), span);
    const sent = { ...headers };
    propagation.inject(active, sent);
    try {
      const stream = context.with(active, send, undefined, sent);
      let status = Number.NaN;
      stream.once('response', (answer) => {
        status = Number(answer[':status']);
      });
      stream.once('close', () => {
        const outcome = endOf(span, status, resetOf(stream), 400);
        const { 'server.address': address, 'server.port': port } = attributes;
        const time = { 'http.request.method': method, 'server.address': address, 'server.port': port, ...outcome };
        this.clientTime.record((performance.now() - began) / 1000, time);
      });
      return stream;
    } catch (error) {
      endOf(span, Number.NaN, codeOf(error) ?? 'Error', 400);
      throw error;
    }
  }
}

type Ended = (status: number, error: string | undefined) => void;

function resetOf({ rstCode }: http2.Http2Stream): string | undefined {
  return rstCode === NO_ERROR || rstCode === undefined ? undefined : `HTTP/2 error ${rstCode}`;
}
