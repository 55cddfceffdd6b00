import http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import type tls from 'node:tls';
import type { Encoding } from '../format/record.js';
import { type AnswerHead, watchHead } from './answer-head.js';
import { failed } from './explain.js';
import { gzipped } from './gzip.js';
import { httpFailure } from './http-failure.js';
import { noAnswer, type Outcome, type OutgoingRequest, type Transport } from './outcome.js';
import { acceptedJson, acceptedProtobuf } from './response.js';
import { type TransportConfig, tlsOptions } from './transport.js';
import { proxyHeaders, secure, tunnel } from './tunnel.js';
import { MAX_ANSWER_BYTES, unpackAnswer } from './unpack-answer.js';

/** OTLP over HTTP/1.1. A record is sent in the encoding it was written in, whichever the configuration names now. */
export function createHttpTransport(config: TransportConfig): Transport {
  const carriers = new Map<string, Carrier>();
  const carrierOf = (protocol: string): Carrier => {
    const carrier = carriers.get(protocol) ?? (protocol === 'https:' ? secureCarrier(config) : plainCarrier(config));
    carriers.set(protocol, carrier);
    return carrier;
  };
  return {
    send: async (request) => {
      const whole = Buffer.concat(request.chunks);
      const body = config.compression === 'gzip' ? await gzipped(whole) : whole;
      const url = new URL(config.urls[request.signal]);
      return post(url, carrierOf(url.protocol), request, body, config);
    },
    close: () => {
      for (const { agent } of carriers.values()) agent.destroy();
    },
  };
}

/** Made with the first request that needs it. */
interface Carrier {
  readonly request: typeof http.request;
  readonly agent: http.Agent;
}

/** A proxy that is spoken to over TLS is asked for a tunnel for plain requests too. */
function plainCarrier({ proxy }: TransportConfig): Carrier {
  const agent = new http.Agent({ keepAlive: true });
  if (proxy?.startsWith('https:')) agent.createConnection = tunnelled(new URL(proxy), (socket: Socket) => socket);
  return { request: http.request, agent };
}

/** node:https is no import: with node:tls it is 4 to 7 MB of a worker and 3 to 12 ms of its start on Node 24. */
function secureCarrier({ proxy, ...config }: TransportConfig): Carrier {
  const { request, Agent } = process.getBuiltinModule('node:https');
  const agent = new Agent({ keepAlive: true, ...tlsOptions(config) });
  if (proxy !== undefined) agent.createConnection = tunnelled(new URL(proxy), secure);
  return { request, agent };
}

type CreateConnection = NonNullable<https.Agent['createConnection']>;

/** In place of the agent's own: what is spoken with the collector, inside of a tunnel through the proxy. */
function tunnelled(proxy: URL, inside: typeof secure | ((socket: Socket) => Socket)): CreateConnection {
  return (options, callback) => {
    const { host, port, ...rest } = options;
    const scheme = inside === secure ? 'https' : 'http';
    const target = new URL(`${scheme}://${String(host).includes(':') ? `[${host}]` : host}:${port}`);
    tunnel(proxy, target).then(
      (socket) => callback?.(null, inside(socket, target, rest as tls.ConnectionOptions)),
      (error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
}

const isForwarded = (url: URL, proxy: string | undefined): proxy is string =>
  url.protocol === 'http:' && proxy?.startsWith('http:') === true;

/** Where a request goes: a plain one to the proxy, which reads the whole URL from its first line. */
function addressOf(url: URL, { proxy }: TransportConfig): http.RequestOptions {
  if (!isForwarded(url, proxy)) return {};
  const { hostname, port } = new URL(proxy);
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: port || 80, path: url.href };
}

function post(
  url: URL,
  { request: begin, agent }: Carrier,
  { encoding, timeoutMs }: OutgoingRequest,
  body: Buffer,
  config: TransportConfig,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const secure = url.protocol === 'https:';
    const request = begin(url, {
      method: 'POST',
      maxHeaderSize: MAX_ANSWER_BYTES,
      agent,
      ...addressOf(url, config),
      headers: headersOf(url, encoding, body, config),
    });
    const head = watchHead(request);
    const data: Buffer[] = [];
    let begun: http.IncomingMessage | undefined;
    /** Of one whose status came: it is not sent again, which would be twice. */
    const answered = (): Outcome | undefined => {
      const known = begun ?? head();
      return known && interpret(known, Buffer.concat(data), config);
    };
    const timer = setTimeout(() => {
      finish(answered() ?? noAnswer(timeoutMs));
      request.destroy();
    }, timeoutMs);
    timer.unref();
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
      if (outcome.type === 'retry' && outcome.reconnect) request.destroy();
    };
    let reached = false;
    request.on('socket', (socket) => {
      socket.unref();
      reached = request.reusedSocket || !(secure || socket.connecting);
      if (!reached) socket.once(secure ? 'secureConnect' : 'connect', () => (reached = true));
    });
    // Of the parser too, in the middle of an answer.
    request.on('error', (error) => finish(answered() ?? failed(error, config, reached)));
    // To another protocol, which nobody has asked for.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      finish(interpret(response, Buffer.alloc(0), config));
    });
    request.on('response', (response) => {
      begun = response;
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MAX_ANSWER_BYTES) data.push(chunk);
        else response.destroy(); // it may have no end
      });
      response.on('close', () => finish(interpret(response, Buffer.concat(data), config)));
    });
    request.end(body);
  });
}

function headersOf(url: URL, encoding: Encoding, body: Buffer, config: TransportConfig): http.OutgoingHttpHeaders {
  return {
    ...config.headers,
    ...(isForwarded(url, config.proxy) && { host: url.host, ...proxyHeaders(new URL(config.proxy)) }),
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    'content-length': body.length,
    'user-agent': config.userAgent,
    ...(config.compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
}

function interpret(
  { statusCode = 0, headers }: http.IncomingMessage | AnswerHead,
  packed: Buffer,
  config: TransportConfig,
): Outcome {
  const body = unpackAnswer(packed, headers['content-encoding']);
  const header = (name: string) => headers[name]?.toString();
  const failure = httpFailure({ status: statusCode, header, body }, config);
  if (failure) return failure;
  return header('content-type')?.includes('json') ? acceptedJson(body) : acceptedProtobuf(body);
}
