import type http2 from 'node:http2';
import type { Socket } from 'node:net';
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { HttpSettings } from '../built-in-options.js';
import { redactedQuery, redactedUrl } from './redact-query.js';

export type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

/** In seconds, as the semantic conventions advise. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export interface Incoming {
  readonly method: string;
  readonly headers: Headers;
  readonly path: string;
  readonly version: string;
  readonly host: string;
  readonly scheme: string;
  readonly socket: Socket | undefined;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);
export const knownMethod = (method: string) => (METHODS.has(method) ? method : 'HTTP');
export const isGrpc = (headers: Headers) => String(headers['content-type'] ?? '').startsWith('application/grpc');

export function urlOf(authority: unknown): URL | undefined {
  const text = String(authority);
  return URL.canParse(text) ? new URL(text) : undefined;
}

export function serverAttributes(request: Incoming, { requestAttributes = [] }: HttpSettings): Attributes {
  const { method, headers, path, version, host, scheme, socket } = request;
  const [pathname = '/', query] = splitAt(path, '?');
  const address = host && urlOf(`${scheme}://${host}`);
  const asked = requestAttributes.map((name) => name.toLowerCase());
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')[0]
    ?.trim();
  return {
    'http.request.method': knownMethod(method) === 'HTTP' ? '_OTHER' : method,
    ...(knownMethod(method) === 'HTTP' && { 'http.request.method_original': method }),
    'url.scheme': scheme,
    'url.path': pathname,
    ...(query && { 'url.query': redactedQuery(query) }),
    ...(address && {
      'server.address': address.hostname,
      ...(address.port && { 'server.port': Number(address.port) }),
    }),
    'network.protocol.version': version,
    ...(socket?.remoteAddress && {
      'network.peer.address': socket.remoteAddress,
      'network.peer.port': socket.remotePort,
      'client.address': forwarded || socket.remoteAddress,
    }),
    ...(headers['user-agent'] && { 'user_agent.original': String(headers['user-agent']) }),
    ...Object.fromEntries(
      asked
        .filter((name) => headers[name] !== undefined)
        .map((name) => [`http.request.header.${name}`, [headers[name]].flat().map(String)]),
    ),
  };
}

export function clientAttributes(base: URL, method: string, headers: http2.OutgoingHttpHeaders): Attributes {
  const path = String(headers[':path'] ?? '/');
  const full = `${base.origin}${path}`;
  return {
    'http.request.method': method === 'HTTP' ? '_OTHER' : method,
    'url.full': full,
    ...redactedUrl(full),
    'server.address': base.hostname,
    'server.port': Number(base.port) || (base.protocol === 'https:' ? 443 : 80),
    'network.protocol.version': '2',
  };
}

/** Ends a span with its status. Returns what distinguishes its duration. */
export function endOf(span: Span, status: number, error: string | undefined, errorsFrom: number): Attributes {
  const known = Number.isFinite(status);
  if (known) span.setAttribute('http.response.status_code', status);
  const failed = known && status >= errorsFrom ? String(status) : error;
  if (failed !== undefined) {
    span.setAttribute('error.type', failed);
    span.setStatus({ code: SpanStatusCode.ERROR, ...(error !== undefined && { message: error }) });
  }
  span.end();
  return {
    ...(known && { 'http.response.status_code': status }),
    ...(failed !== undefined && { 'error.type': failed }),
  };
}

function splitAt(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
