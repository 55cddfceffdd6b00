import net from 'node:net';
import { asError } from '../../../contract/system-error.js';
import type { Signal } from '../format/record.js';
import { ClientConnection } from '../http2/client-connection.js';
import { Unprocessed } from '../http2/requests.js';
import type { Header } from '../http2/static-headers.js';
import { failed, fixOf, shown } from './explain.js';
import { gzipped } from './gzip.js';
import { httpFailure } from './http-failure.js';
import { fromGrpcStatus, noAnswer, type Outcome, type OutgoingRequest, retry, type Transport } from './outcome.js';
import { acceptedProtobuf, retryInfoMs } from './response.js';
import { type TransportConfig, tlsOptions } from './transport.js';
import { secure, tunnel } from './tunnel.js';
import { MAX_ANSWER_BYTES, unpackAnswer } from './unpack-answer.js';

/**
 * Unary OTLP/gRPC calls over an HTTP/2 connection of our own. A gRPC library would hide what delivery needs to know (which
 * failure needs a new connection, RetryInfo), wait up to minutes before it connects again, and cost 30 ms at each start.
 */
export function createGrpcTransport(config: TransportConfig): Transport {
  const connections = new Map<string, ClientConnection>();
  const opening = new Map<string, Promise<ClientConnection>>();
  const connectionFor = (url: string): ClientConnection | Promise<ClientConnection> => {
    const open = connections.get(url);
    if (open?.isOpen) return open;
    if (config.proxy === undefined) return keep(url, connect(url, config));
    const proxy = new URL(config.proxy);
    const pending = opening.get(url) ?? connectThrough(proxy, url, config).then((connection) => keep(url, connection));
    opening.set(url, pending);
    return pending.finally(() => opening.delete(url));
  };
  let isClosed = false;
  const keep = (url: string, connection: ClientConnection) => {
    if (isClosed) connection.close();
    connections.set(url, connection);
    return connection;
  };
  return {
    send: async (request) => {
      if (request.encoding !== 'protobuf') {
        return { type: 'refused', reason: 'a JSON record cannot be sent by gRPC', content: false };
      }
      const body = await frame(request.chunks, config.compression);
      const url = config.urls[request.signal];
      try {
        const first = await call(await connectionFor(url), request, body, config);
        if (!(first instanceof Unprocessed)) return first;
        // A collector that ends its connection says which requests it has not looked at.
        const second = await call(await connectionFor(url), request, body, config);
        return second instanceof Unprocessed ? retry(second.message, { reached: true }) : second;
      } catch (error) {
        return failed(asError(error), config, false); // by the proxy
      }
    },
    close: () => {
      isClosed = true;
      for (const connection of connections.values()) connection.close();
    },
  };
}

const PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

const unixPath = (url: string) => /^unix:(?:\/\/)?(.*)$/.exec(url)?.[1];

function connect(url: string, config: TransportConfig): ClientConnection {
  const path = unixPath(url);
  if (path) return new ClientConnection(net.connect(path), 'connect');
  const target = new URL(url);
  if (target.protocol === 'https:') return connectSecurely(undefined, target, config);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  return new ClientConnection(net.connect(Number(target.port || 80), host), 'connect');
}

async function connectThrough(proxy: URL, url: string, config: TransportConfig): Promise<ClientConnection> {
  const target = new URL(url);
  const socket = await tunnel(proxy, target);
  return target.protocol === 'https:' ? connectSecurely(socket, target, config) : new ClientConnection(socket, 'now');
}

function connectSecurely(socket: net.Socket | undefined, target: URL, config: TransportConfig): ClientConnection {
  const options = { ALPNProtocols: ['h2'], ...tlsOptions(config) };
  return new ClientConnection(secure(socket, target, options), 'secureConnect');
}

/** gRPC's length-prefixed message. */
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

/** Unprocessed for a request that the collector has not looked at. */
function call(
  connection: ClientConnection,
  request: OutgoingRequest,
  body: Uint8Array,
  config: TransportConfig,
): Promise<Outcome | Unprocessed> {
  return new Promise((resolve) => {
    const answer = new Answer();
    const finish = (outcome: Outcome | Unprocessed) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      cancel();
      finish(noAnswer(request.timeoutMs));
    }, request.timeoutMs);
    timer.unref();
    const cancel = connection.request(
      { headers: headersOf(request, config), body },
      {
        onHeaders: (headers) => answer.headers.push(...headers),
        onData: (piece) => answer.add(piece),
        onEnd: (error) =>
          finish(error instanceof Unprocessed ? error : outcomeOf(answer, error, config, connection.wasReady)),
      },
    );
  });
}

function headersOf({ signal, timeoutMs }: OutgoingRequest, config: TransportConfig): Header[] {
  const url = config.urls[signal];
  return [
    [':method', 'POST'],
    [':scheme', url.startsWith('https:') ? 'https' : 'http'],
    [':authority', unixPath(url) ? 'localhost' : new URL(url).host],
    [':path', PATHS[signal]],
    ...Object.entries({
      ...lowerCased(config.headers),
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': config.userAgent,
      'grpc-timeout': grpcTimeout(timeoutMs),
      ...(config.compression === 'gzip' && { 'grpc-encoding': 'gzip', 'grpc-accept-encoding': 'identity' }),
    }),
  ];
}

/** Eight digits at most: a longer one is refused, and its spans with it. */
export function grpcTimeout(ms: number): string {
  const whole = Math.ceil(ms);
  return whole < 1e8 ? `${whole}m` : `${Math.ceil(ms / 1_000)}S`;
}

class Answer {
  readonly headers: Header[] = [];
  readonly #data: Buffer[] = [];
  #bytes = 0;

  add(piece: Buffer): void {
    this.#bytes += piece.length;
    // Copied: it is a part of what the socket read, which is larger.
    if (this.#bytes <= MAX_ANSWER_BYTES) this.#data.push(Buffer.from(piece));
  }

  get data(): Buffer {
    return Buffer.concat(this.#data);
  }

  header(name: string): string | undefined {
    return this.headers.find((header) => header[0] === name)?.[1];
  }
}

function outcomeOf(answer: Answer, error: Error | undefined, config: TransportConfig, reached: boolean): Outcome {
  if (error !== undefined) return failed(error, config, reached);
  const code = answer.header('grpc-status');
  if (code === undefined) return notOfGrpc(answer, config, reached);
  if (code === '0') return acceptedProtobuf(messageIn(answer));
  const details = answer.header('grpc-status-details-bin');
  const retryAfterMs = details === undefined ? undefined : retryInfoMs(Buffer.from(details, 'base64'));
  const words = shown(decodeMessage(answer.header('grpc-message') ?? ''));
  return fromGrpcStatus(Number(code), words, retryAfterMs, (kind) => fixOf(kind, config));
}

/** Of a proxy or another server in front of the collector, or of a connection that ended. */
function notOfGrpc(answer: Answer, config: TransportConfig, reached: boolean): Outcome {
  const header = (name: string) => answer.header(name);
  const status = Number(header(':status') ?? 200);
  const body = unpackAnswer(answer.data, header('content-encoding'));
  return httpFailure({ status, header, body }, config) ?? retry('the connection ended without an answer', { reached });
}

/** Behind the five bytes in front of it, of which the first says whether it is packed. */
function messageIn(answer: Answer): Uint8Array {
  const { data } = answer;
  return data[0] === 1 ? unpackAnswer(data.subarray(5), answer.header('grpc-encoding')) : data.subarray(5);
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
