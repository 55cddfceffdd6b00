import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { responseBytes, responseJson, statusBytes, statusJson } from './answers.js';
import type { BodyBudget } from './body-budget.js';
import { type Encoding, SIGNALS, type Signal } from './decode.js';
import type { Limits } from './grpc.js';
import { isOurName } from './host-header.js';
import { inflateWithin } from './inflate.js';
import type { Answer, Intake } from './intake.js';
import type { Refusal } from './refusals.js';

/** The OTLP/HTTP side: takes connections, answers POST /v1/{traces,metrics,logs}. */
export function httpSide(intake: Intake, limits: Limits, reset: (peer: string) => void): (socket: Socket) => void {
  const server = createServer((request, response) => {
    serve({ intake, limits }, request, response).then(
      (answer) => {
        if (answer === 'reset') reset(`${request.socket.remoteAddress}:${request.socket.remotePort}`);
      },
      (error: Error) => response.destroy(error),
    );
  });
  return (socket) => void server.emit('connection', socket);
}

// A map, not an object: a client that asks for `constructor` must not find one.
const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);
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
}

async function serve(
  { intake, limits }: Side,
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
    const body = inflateBody(request, await readBody(request, limits.maxBytes, limits.bodies), limits.maxBytes);
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

async function readBody(request: IncomingMessage, maxBytes: number, all: BodyBudget): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request.iterator({ destroyOnReturn: false })) {
      const chunk: Buffer = part;
      const { length } = chunk;
      if (size + length > maxBytes)
        throw new HttpError(413, 'too large', `the request is larger than ${maxBytes} bytes`);
      if (!all.take(length)) throw new HttpError(503, 'at a bad time', 'too many requests are being read');
      size += length;
      chunks.push(chunk);
    }
  } finally {
    all.giveBack(size);
  }
  return Buffer.concat(chunks, size);
}

function inflateBody(request: IncomingMessage, body: Buffer, maxBytes: number): Buffer {
  const coding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return body;
  const inflated = inflateWithin(body, coding, maxBytes);
  switch (inflated.kind) {
    case 'inflated':
      return inflated.body;
    case 'unknown':
      throw new HttpError(415, 'malformed', `content-encoding ${coding} is not gzip, deflate, identity`);
    case 'too-large':
      throw new HttpError(413, 'too large', `the request is larger than ${maxBytes} bytes when inflated`);
    case 'damaged':
      throw new HttpError(400, 'malformed', `the body is not valid ${coding}: ${inflated.why}`);
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
