import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Attributes, type Context, type Histogram, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { RPCMetadata } from '@opentelemetry/core';
import type { Carried } from './event-context.js';
import { attributesOf, type Scheme } from './server-attributes.js';

interface ExchangeParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly scheme: Scheme;
  readonly span: Span;
  readonly metadata: RPCMetadata;
  /** There when metrics are on. */
  readonly duration: Histogram | undefined;
}

/** A request and its response, of which a span or a metric is made when the response has ended. */
export class Exchange implements Carried {
  readonly context: Context;
  readonly #parts: ExchangeParts;
  readonly #began: number;
  #ended = false;

  constructor(active: Context, parts: ExchangeParts) {
    this.context = active;
    this.#parts = parts;
    this.#began = parts.duration ? performance.now() : 0;
  }

  onClose(): void {
    this.#end(undefined);
  }

  onError(error: Error): void {
    this.#end(error);
  }

  #end(error: Error | undefined): void {
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
