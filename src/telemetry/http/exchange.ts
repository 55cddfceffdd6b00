import { EventEmitter, errorMonitor } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { type Attributes, type Histogram, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { RPCMetadata } from '@opentelemetry/core';
import { asError } from '../../contract/system-error.js';
import { attributesOf, type Scheme } from './server-attributes.js';
import { addNumber } from './span-attributes.js';

interface ExchangeParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly scheme: Scheme;
  readonly span: Span;
  readonly metadata: RPCMetadata;
  /** There when metrics are on. */
  readonly duration: Histogram | undefined;
}

const EXCHANGE = Symbol('kf-cluster.exchange');
type Followed = ServerResponse & { [EXCHANGE]?: Exchange | undefined };

/** Makes a span or a metric of them when the response has ended. To be called before the app adds listeners of its own. */
export function followToEnd(parts: ExchangeParts): Exchange {
  const response: Followed = parts.response;
  const before = response[EXCHANGE];
  const exchange = new Exchange(parts, before);
  response[EXCHANGE] = exchange;
  if (before) return exchange;
  // Without the context of the request, which costs and which nothing here reads.
  add.call(response, 'close', closed);
  add.call(response, errorMonitor, failed);
  return exchange;
}

/** Gives each response the property, so that those with an exchange and those without have one shape. */
export function mayBeFollowed(response: Followed): void {
  response[EXCHANGE] ??= undefined; // an app may hand a request to its server once more
}

const { on: add, removeAllListeners, listeners } = EventEmitter.prototype;
let patched = false;

/** An app may take away all listeners of a response: what ends its span stays, or that would never arrive. Once a process. */
export function keepEnds(): void {
  if (patched) return;
  patched = true;
  const value = function (this: Followed, ...args: [event?: string | symbol]): Followed {
    Reflect.apply(removeAllListeners, this, args);
    if (this[EXCHANGE]?.isOpen) {
      if (!listeners.call(this, 'close').includes(closed)) add.call(this, 'close', closed);
      if (!listeners.call(this, errorMonitor).includes(failed)) add.call(this, errorMonitor, failed);
    }
    return this;
  };
  const hidden = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(ServerResponse.prototype, 'removeAllListeners', { ...hidden, value });
}

function closed(this: Followed): void {
  this[EXCHANGE]?.endAll(undefined);
}

function failed(this: Followed, error: unknown): void {
  this[EXCHANGE]?.endAll(asError(error));
}

/** A request and its response, of which a span or a metric is made once. */
class Exchange {
  readonly #parts: ExchangeParts;
  readonly #began: number;
  /** Of the same response, where its request was handed to the server more than once. */
  readonly #before: Exchange | undefined;
  #ended = false;

  constructor(parts: ExchangeParts, before: Exchange | undefined) {
    this.#parts = parts;
    this.#before = before;
    this.#began = parts.duration ? performance.now() : 0;
  }

  /** Whether it, or one before it, has not ended. */
  get isOpen(): boolean {
    return !this.#ended || (this.#before?.isOpen ?? false);
  }

  endAll(error: Error | undefined): void {
    this.end(error);
    this.#before?.endAll(error);
  }

  /** `error`: with which it failed; undefined when its response has closed. */
  end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { request, response, scheme, span, metadata, duration } = this.#parts;
    if (error) endWithError(span, error);
    else endOf(span, request, response, metadata);
    if (!duration) return;
    const attributes = metricAttributes(request, response, scheme, metadata, error);
    duration.record((performance.now() - this.#began) / 1_000, attributes);
  }
}

function endOf(span: Span, { method }: IncomingMessage, response: ServerResponse, { route }: RPCMetadata): void {
  const { statusCode } = response;
  addNumber(span, 'http.response.status_code', statusCode);
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
