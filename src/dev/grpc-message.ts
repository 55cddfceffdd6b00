import type { ServerHttp2Stream } from 'node:http2';
import type { Limits } from './grpc.js';
import { inflateWithin } from './inflate.js';
import type { Refusal } from './refusals.js';

/** Those of gRPC's status codes that we answer with. */
export const STATUS = {
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** A call that never reaches the intake. */
export class GrpcError extends Error {
  readonly code: number;
  readonly refusal: Refusal | undefined;

  constructor(code: number, message: string, refusal?: Refusal) {
    super(message);
    this.code = code;
    this.refusal = refusal;
  }
}

/** Whether it is compressed, and its length. */
const HEAD_BYTES = 5;

/**
 * The one message of a unary call. Its length is known from its first bytes, so that one that is too large is not read, and
 * what all calls together have read is bounded. It is inflated when it is whole, and at once: one at a time.
 *
 * @throws GrpcError
 */
export async function readMessage(
  stream: ServerHttp2Stream,
  coding: string | string[] | undefined,
  { maxBytes, bodies }: Limits,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of stream.iterator({ destroyOnReturn: false })) {
      const chunk: Buffer = part;
      if (!bodies.take(chunk.length)) {
        throw new GrpcError(STATUS.unavailable, 'too many requests are being read', 'at a bad time');
      }
      size += chunk.length;
      chunks.push(chunk);
      checkLength(chunks, size, maxBytes);
    }
    return unpack(Buffer.concat(chunks, size), coding, maxBytes);
  } finally {
    bodies.giveBack(size);
  }
}

function checkLength(chunks: readonly Buffer[], size: number, maxBytes: number): void {
  const [first] = chunks;
  const declared = first !== undefined && first.length >= HEAD_BYTES ? first.readUInt32BE(1) : 0;
  if (Math.max(declared, size - HEAD_BYTES) > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): GrpcError {
  return new GrpcError(STATUS.resourceExhausted, `the message is larger than ${maxBytes} bytes`, 'too large');
}

function unpack(body: Buffer, coding: string | string[] | undefined, maxBytes: number): Buffer {
  if (body.length < HEAD_BYTES || body.readUInt32BE(1) !== body.length - HEAD_BYTES) {
    throw new GrpcError(STATUS.internal, 'a call has one message, and this is not one', 'malformed');
  }
  const message = body.subarray(HEAD_BYTES);
  if (body[0] === 0) return message;
  const inflated = inflateWithin(message, String(coding ?? ''), maxBytes);
  switch (inflated.kind) {
    case 'inflated':
      return inflated.body;
    case 'too-large':
      throw tooLarge(maxBytes);
    case 'unknown':
      throw new GrpcError(STATUS.unimplemented, `grpc-encoding ${coding} is not gzip, deflate, identity`, 'malformed');
    case 'damaged':
      throw new GrpcError(STATUS.internal, `the message is not valid ${coding}: ${inflated.why}`, 'malformed');
  }
}
