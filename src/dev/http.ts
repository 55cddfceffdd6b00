import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync, inflateSync } from 'node:zlib';
import { codeOf, messageOf } from '../contract/system-error.js';
import { responseBytes, responseJson, statusBytes, statusJson } from './answers.js';
import { type Encoding, SIGNALS, type Signal } from './decode.js';
import type { Limits } from './grpc.js';
import { isOurName } from './host-header.js';
import type { Answer, Intake } from './intake.js';
import type { Refusal } from './refusals.js';

/** The OTLP/HTTP side: takes connections, answers POST /v1/{traces,metrics,logs}. */
export function httpSide(intake: Intake, limits: Limits, reset: (peer: string) => void): (socket: Socket) => void {
  const bodies = { bytes: 0 };
  const server = createServer((request, response) => {
    serve({ intake, limits, bodies }, request, response).then(
      (answer) => {
        if (answer === 'reset') reset(`${request.socket.remoteAddress}:${request.socket.remotePort}`);
      },
      (error: Error) => response.destroy(error),
    );
  });
  return (socket) => void server.emit('connection', socket);
}

// Maps, not objects: a client that asks for `constructor` must not find one.
const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);
const INFLATE = new Map([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
]);
/** Bodies that are being read, all together. A body is inflated and decoded in one go, so that there is one at a time. */
const MAX_BODIES_BYTES = 64 * 1024 * 1024;
const GRPC_INVALID_ARGUMENT = 3;
const GRPC_RESOURCE_EXHAUSTED = 8;
const GRPC_INTERNAL = 13;

/** A request that never reaches the intake. */
class HttpError extends Error {
  readonly status: number;
  readonly refusal: Refusal;

  constructor(status: number, refusal: Refusal, message: string) {
    super(message);
    this.status = status;
    this.refusal = refusal;
  }
}

interface Side {
  readonly intake: Intake;
  readonly limits: Limits;
  /** Of bodies that are being read. */
  readonly bodies: { bytes: number };
}

async function serve(
  { intake, limits, bodies }: Side,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer['kind'] | 'error'> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = ENCODINGS.get(type);
  try {
    if (!isOurName(request.headers.host, limits.host)) {
      throw new HttpError(403, 'for another host', 'this receiver answers to its own address only');
    }
    const signal = route(request);
    if (encoding === undefined) {
      throw new HttpError(415, 'malformed', `content-type must be one of ${[...ENCODINGS.keys()]}`);
    }
    const body = inflateBody(request, await readBody(request, limits.maxBytes, bodies), limits.maxBytes);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = await intake.handle(signal, body, { transport: 'http', encoding, headers, bytes: body.length });
    send(response, signal, encoding, answer);
    return answer.kind;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    intake.refusals.add(error.refusal);
    if (error.status === 503) response.setHeader('retry-after', '1');
    if (error.status === 405) response.setHeader('allow', 'POST');
    // What is left of an unread body must not be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    sendStatus(response, encoding ?? 'json', error.status, GRPC_INVALID_ARGUMENT, error.message);
    return 'error';
  }
}

function route(request: IncomingMessage): Signal {
  const path = (request.url ?? '/').split('?')[0];
  const signal = SIGNALS.find((name) => path === `/v1/${name}`);
  if (signal === undefined) throw new HttpError(404, 'malformed', `no OTLP service at ${path}`);
  if (request.method !== 'POST') throw new HttpError(405, 'malformed', `${request.method} is not POST`);
  return signal;
}

async function readBody(request: IncomingMessage, maxBytes: number, all: Side['bodies']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      all.bytes += (chunk as Buffer).length;
      if (size > maxBytes) throw new HttpError(413, 'too large', `the request is larger than ${maxBytes} bytes`);
      if (all.bytes > MAX_BODIES_BYTES) throw new HttpError(503, 'at a bad time', 'too many requests are being read');
      chunks.push(chunk as Buffer);
    }
  } finally {
    all.bytes -= size;
  }
  return Buffer.concat(chunks, size);
}

function inflateBody(request: IncomingMessage, body: Buffer, maxBytes: number): Buffer {
  const coding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return body;
  const inflateWith = INFLATE.get(coding);
  if (inflateWith === undefined) {
    throw new HttpError(415, 'malformed', `content-encoding ${coding} is not gzip, deflate, identity`);
  }
  try {
    return inflateWith(body, { maxOutputLength: maxBytes });
  } catch (error) {
    // zlib says ERR_BUFFER_TOO_LARGE for a bomb, Z_* for damage.
    const bomb = codeOf(error) === 'ERR_BUFFER_TOO_LARGE';
    if (bomb) throw new HttpError(413, 'too large', `the request is larger than ${maxBytes} bytes when inflated`);
    throw new HttpError(400, 'malformed', `the body is not valid ${coding}: ${messageOf(error)}`);
  }
}

function send(response: ServerResponse, signal: Signal, encoding: Encoding, answer: Answer): void {
  switch (answer.kind) {
    case 'taken': {
      const { rejected, message } = answer;
      const body = encoding === 'json' ? responseJson(signal, rejected, message) : responseBytes(rejected, message);
      write(response, encoding, 200, body);
      return;
    }
    case 'refused':
      if (answer.retryAfterMs !== undefined) {
        response.setHeader('retry-after', String(Math.ceil(answer.retryAfterMs / 1000)));
      }
      sendStatus(response, encoding, answer.http, answer.grpc, answer.message);
      return;
    case 'malformed':
      sendStatus(response, encoding, 400, GRPC_INVALID_ARGUMENT, answer.message);
      return;
    case 'too-large':
      sendStatus(response, encoding, 413, GRPC_RESOURCE_EXHAUSTED, answer.message);
      return;
    case 'failed':
      sendStatus(response, encoding, 500, GRPC_INTERNAL, answer.message);
      return;
    case 'silent':
    case 'reset':
      return;
  }
}

function sendStatus(response: ServerResponse, encoding: Encoding, http: number, code: number, message: string): void {
  write(response, encoding, http, encoding === 'json' ? statusJson(code, message) : statusBytes(code, message));
}

function write(response: ServerResponse, encoding: Encoding, status: number, body: string | Buffer): void {
  const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
