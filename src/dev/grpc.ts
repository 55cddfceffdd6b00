import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { responseBytes, statusBytes } from './answers.js';
import type { BodyBudget } from './body-budget.js';
import type { Signal } from './decode.js';
import { GrpcError, readMessage, STATUS } from './grpc-message.js';
import { isOurName } from './host-header.js';
import type { Answer, Intake } from './intake.js';

/** What a side of the receiver takes. */
export interface Limits {
  /** Of one message, when it is no longer compressed. */
  readonly maxBytes: number;
  /** The address that we listen on. */
  readonly host: string;
  /** Of all requests that are being read, of both sides. */
  readonly bodies: BodyBudget;
}

interface GrpcSide {
  readonly onConnection: (socket: Socket) => void;
  close(): void;
}

/** Requests under way on one connection. */
const MAX_STREAMS = 16;

/**
 * The OTLP/gRPC side: the three collector services on connections that are handed to it. Unary calls need of gRPC a frame, a
 * path and trailers; a library for it reads each message whole before anything of ours could count it.
 */
export function grpcSide(intake: Intake, limits: Limits, reset: (peer: string) => void): GrpcSide {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: { maxConcurrentStreams: MAX_STREAMS } });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  // One that speaks no HTTP/2 is its own business; without a listener it would end this process.
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    serve({ intake, limits, reset }, stream, headers).catch((error: Error) => {
      const { code, message } = error instanceof GrpcError ? error : { code: STATUS.internal, message: error.message };
      if (error instanceof GrpcError && error.refusal !== undefined) intake.refusals.add(error.refusal);
      refuse(stream, code, message);
    });
  });
  return {
    onConnection: (socket) => void server.emit('connection', socket),
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

const SERVICES: ReadonlyMap<string, Signal> = new Map<string, Signal>([
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
]);

interface Side {
  readonly intake: Intake;
  readonly limits: Limits;
  readonly reset: (peer: string) => void;
}

/** @throws GrpcError */
async function serve(
  { intake, limits, reset }: Side,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  if (!/^application\/grpc\b/.test(headers['content-type'] ?? '')) {
    stream.respond({ ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true });
    return;
  }
  if (!isOurName(headers[':authority'] ?? headers.host, limits.host)) {
    throw new GrpcError(STATUS.permissionDenied, 'this receiver answers to its own address only', 'for another host');
  }
  const signal = SERVICES.get(headers[':path'] ?? '');
  if (signal === undefined) throw new GrpcError(STATUS.unimplemented, `there is no ${headers[':path']}`);
  const { socket } = stream.session ?? {};
  const peer = `${socket?.remoteAddress}:${socket?.remotePort}`;
  const body = await readMessage(stream, headers['grpc-encoding'], limits);
  const plain = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  const info = {
    transport: 'grpc',
    encoding: 'protobuf',
    headers: Object.fromEntries(plain.map(([name, value]) => [name, String(value)])),
    bytes: body.length,
  } as const;
  const answer = await intake.handle(signal, body, info);
  if (answer.kind === 'reset') reset(peer);
  else reply(answer, stream);
}

function reply(answer: Exclude<Answer, { kind: 'reset' }>, stream: ServerHttp2Stream): void {
  switch (answer.kind) {
    case 'taken':
      respond(stream, responseBytes(answer.rejected, answer.message));
      return;
    case 'malformed':
      refuse(stream, STATUS.invalidArgument, answer.message);
      return;
    case 'too-large':
      refuse(stream, STATUS.resourceExhausted, answer.message);
      return;
    case 'failed':
      refuse(stream, STATUS.internal, answer.message);
      return;
    case 'refused': {
      const details = statusBytes(answer.grpc, answer.message, answer.retryAfterMs).toString('base64');
      refuse(stream, answer.grpc, answer.message, answer.retryAfterMs === undefined ? undefined : details);
      return;
    }
    case 'silent':
      return;
  }
}

const CONTENT_TYPE = 'application/grpc+proto';
const HEAD_BYTES = 5;

function respond(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': CONTENT_TYPE }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
}

/** With trailers alone; what is left of the request is not read. */
function refuse(stream: ServerHttp2Stream, code: number, message: string, details?: string): void {
  if (stream.destroyed || stream.headersSent) return;
  const status = {
    ':status': 200,
    'content-type': CONTENT_TYPE,
    'grpc-status': String(code),
    'grpc-message': encodeURIComponent(message.slice(0, 1_000)),
    ...(details !== undefined && { 'grpc-status-details-bin': details }),
  };
  stream.respond(status, { endStream: true });
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
