import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { responseBytes, responseJson, statusBytes, statusJson } from './answers.js';
import { type Encoding, SIGNALS, type Signal } from './decode.js';
import type { Answer, Intake } from './intake.js';

/** The OTLP/HTTP side: takes connections, answers POST /v1/{traces,metrics,logs}. */
export function httpSide(intake: Intake, maxBytes: number, reset: (peer: string) => void): (socket: Socket) => void {
  const server = createServer((request, response) => {
    serve(intake, maxBytes, request, response).then(
      (answer) => {
        if (answer === 'reset') reset(`${request.socket.remoteAddress}:${request.socket.remotePort}`);
      },
      (error: Error) => response.destroy(error),
    );
  });
  return (socket) => void server.emit('connection', socket);
}

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};
const GRPC_INVALID_ARGUMENT = 3;
const GRPC_INTERNAL = 13;

/** A request that never reaches the intake. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function serve(
  intake: Intake,
  maxBytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer['kind'] | 'error'> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = ENCODINGS[type];
  try {
    const signal = route(request);
    if (encoding === undefined) throw new HttpError(415, `content-type must be one of ${Object.keys(ENCODINGS)}`);
    const body = await inflateBody(request, await readBody(request, maxBytes), maxBytes);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = await intake.handle(signal, body, { transport: 'http', encoding, headers, bytes: body.length });
    send(response, signal, encoding, answer);
    return answer.kind;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
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
  if (signal === undefined) throw new HttpError(404, `no OTLP service at ${path}`);
  if (request.method !== 'POST') throw new HttpError(405, `${request.method} is not POST`);
  return signal;
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw new HttpError(413, `the request is larger than ${maxBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, size);
}

async function inflateBody(request: IncomingMessage, body: Buffer, maxBytes: number): Promise<Buffer> {
  const coding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'identity') return body;
  const inflateWith = { gzip: promisify(gunzip), deflate: promisify(inflate) }[coding];
  if (inflateWith === undefined) throw new HttpError(415, `content-encoding ${coding} is not gzip, deflate, identity`);
  try {
    return await inflateWith(body, { maxOutputLength: maxBytes });
  } catch (error) {
    // zlib says ERR_BUFFER_TOO_LARGE for a bomb, Z_* for damage.
    const bomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (bomb) throw new HttpError(413, `the request is larger than ${maxBytes} bytes when inflated`);
    throw new HttpError(400, `the body is not valid ${coding}: ${(error as Error).message}`);
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
