import http2 from 'node:http2';
import net from 'node:net';
import { asError } from '../../../contract/system-error.js';
import type { Signal } from '../format/record.js';
import { failed, fixOf, shown, wordsOf } from './explain.js';
import { gzipped } from './gzip.js';
import { fromGrpcStatus, noAnswer, type Outcome, type OutgoingRequest, retry, type Transport } from './outcome.js';
import { acceptedProtobuf, retryInfoMs } from './response.js';
import { type TransportConfig, tlsOptions } from './transport.js';
import { secure, tunnel } from './tunnel.js';

/**
 * Unary OTLP/gRPC calls straight over node:http2. A gRPC library would hide what delivery needs to know (which failure
 * needs a new connection, RetryInfo), wait up to minutes before it connects again, and cost 30 ms at each start.
 */
export function createGrpcTransport(config: TransportConfig): Transport {
  const sessions = new Map<string, http2.ClientHttp2Session>();
  const opening = new Map<string, Promise<http2.ClientHttp2Session>>();
  const sessionFor = (url: string): http2.ClientHttp2Session | Promise<http2.ClientHttp2Session> => {
    const open = sessions.get(url);
    if (open && !open.closed && !open.destroyed) return open;
    if (config.proxy === undefined) return keep(url, connect(url, config));
    const pending =
      opening.get(url) ?? connectThrough(new URL(config.proxy), url, config).then((session) => keep(url, session));
    opening.set(url, pending);
    return pending.finally(() => opening.delete(url));
  };
  const keep = (url: string, session: http2.ClientHttp2Session) => {
    sessions.set(url, session);
    return session;
  };
  return {
    send: async (request) => {
      if (request.encoding !== 'protobuf') {
        return { type: 'refused', reason: 'a JSON record cannot be sent by gRPC', content: false };
      }
      const body = await frame(request.chunks, config.compression);
      try {
        return await call(await sessionFor(config.urls[request.signal]), request, body, config);
      } catch (error) {
        return failed(asError(error), config); // by the proxy
      }
    },
    close: () => {
      for (const session of sessions.values()) session.destroy();
    },
  };
}

const PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

function connect(url: string, config: TransportConfig): http2.ClientHttp2Session {
  const unix = /^unix:(?:\/\/)?(.*)$/.exec(url)?.[1];
  return prepared(
    unix
      ? http2.connect('http://localhost', { createConnection: () => net.connect(unix) })
      : http2.connect(new URL(url).origin, { settings: { enablePush: false }, ...tlsOptions(config) }),
  );
}

async function connectThrough(proxy: URL, url: string, config: TransportConfig): Promise<http2.ClientHttp2Session> {
  const target = new URL(url);
  const socket = await tunnel(proxy, target);
  const through =
    target.protocol === 'https:' ? secure(socket, target, { ALPNProtocols: ['h2'], ...tlsOptions(config) }) : socket;
  return prepared(http2.connect(target.origin, { settings: { enablePush: false }, createConnection: () => through }));
}

function prepared(session: http2.ClientHttp2Session): http2.ClientHttp2Session {
  // An idle connection must not keep a process alive whose work is done; a flush holds it by its own deadline.
  session.unref();
  // Every stream on it reports the same failure to its caller; unheard, it would end the process.
  session.on('error', () => session.destroy());
  return session;
}

/**
 * gRPC's length-prefixed message, in one piece: what is written in several goes through more of Node's functions of streams,
 * which then see more kinds of objects. That costs each request of the app 2 microseconds.
 */
async function frame(chunks: readonly Uint8Array[], compression: 'gzip' | 'none'): Promise<Uint8Array> {
  const message = compression === 'gzip' ? [await gzipped(Buffer.concat(chunks))] : chunks;
  const prefix = Buffer.alloc(5);
  prefix[0] = compression === 'gzip' ? 1 : 0;
  prefix.writeUInt32BE(
    message.reduce((sum, chunk) => sum + chunk.length, 0),
    1,
  );
  return Buffer.concat([prefix, ...message]);
}

function call(
  session: http2.ClientHttp2Session,
  request: OutgoingRequest,
  body: Uint8Array,
  config: TransportConfig,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const stream = session.request({
      ...lowerCased(config.headers),
      ':method': 'POST',
      ':path': PATHS[request.signal],
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': config.userAgent,
      'grpc-timeout': grpcTimeout(request.timeoutMs),
      ...(config.compression === 'gzip' && { 'grpc-encoding': 'gzip', 'grpc-accept-encoding': 'identity' }),
    });
    const answer: Answer = { status: 200, headers: {}, data: [] };
    const timer = setTimeout(() => finish(noAnswer(request.timeoutMs)), request.timeoutMs);
    timer.unref();
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
      if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
    };
    stream.on('response', (headers) => {
      answer.status = headers[':status'] ?? 200;
      answer.headers = headers;
    });
    stream.on('trailers', (trailers) => Object.assign(answer.headers, trailers));
    stream.on('data', (chunk: Buffer) => answer.data.push(chunk));
    stream.on('error', (error) => finish(failed(error, config)));
    stream.on('close', () => finish(interpret(answer, config)));
    stream.end(body);
  });
}

/** Eight digits at most: a longer one is refused, and its spans with it. */
export function grpcTimeout(ms: number): string {
  const whole = Math.ceil(ms);
  return whole < 1e8 ? `${whole}m` : `${Math.ceil(ms / 1_000)}S`;
}

interface Answer {
  status: number;
  headers: http2.IncomingHttpHeaders;
  readonly data: Buffer[];
}

function interpret({ status, headers, data }: Answer, config: TransportConfig): Outcome {
  const how = (kind: 'auth' | 'path' | 'other') => fixOf(kind, config);
  const code = headers['grpc-status'];
  if (code === undefined) {
    return status === 200
      ? retry('the connection ended without an answer')
      : fromGrpcStatus(grpcFromHttp(status), httpWords(status, headers, data), undefined, how);
  }
  if (code === '0') return acceptedProtobuf(Buffer.concat(data).subarray(5));
  const details = headers['grpc-status-details-bin'];
  const retryAfterMs = details === undefined ? undefined : retryInfoMs(Buffer.from(String(details), 'base64'));
  return fromGrpcStatus(Number(code), shown(decodeMessage(String(headers['grpc-message'] ?? ''))), retryAfterMs, how);
}

/** Of a proxy or another server in front of the collector. */
function httpWords(status: number, headers: http2.IncomingHttpHeaders, data: readonly Buffer[]): string {
  const words = wordsOf(Buffer.concat(data), String(headers['content-type'] ?? ''));
  return `HTTP status ${status}${words && `: ${words}`}`;
}

/** What gRPC's specification makes of an HTTP status that no gRPC server wrote. */
function grpcFromHttp(status: number): number {
  const table: Record<number, number> = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14 };
  return table[status] ?? 2;
}

/** grpc-message is percent-encoded, by most. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Then it is shown as it came.
    return text;
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
