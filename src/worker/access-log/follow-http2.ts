import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type net from 'node:net';
import { observe, observeOnce } from '../node-internals/emitters.js';
import { standIn } from '../node-internals/stand-in.js';
import { activeTrace } from './active-trace.js';
import type { FollowParts } from './follow-http1.js';
import { CLIENT_GONE } from './served.js';

/** What was written to a stream, in bytes. */
const WRITTEN = Symbol('kf-cluster.written');
/** What is sent is a file. */
const FROM_FILE = Symbol('kf-cluster.from-file');
type Stream = ServerHttp2Stream & { [WRITTEN]?: number; [FROM_FILE]?: true };

/** What Node's stream writes by. Before it is asked to, a text may still be one. */
interface Chunk {
  readonly chunk: string | Buffer;
  readonly encoding: BufferEncoding;
}
interface Writes {
  _write?(chunk: Chunk['chunk'], encoding: BufferEncoding, ...rest: unknown[]): unknown;
  _writev?(chunks: readonly Chunk[], ...rest: unknown[]): unknown;
  respondWithFile?(...args: unknown[]): unknown;
  respondWithFD?(...args: unknown[]): unknown;
}

/**
 * Requests of HTTP/2, those of gRPC among them.
 *
 * @returns to be called with each server that listens
 */
export function followHttp2({ clientOf, needs, now, onServed }: FollowParts): (server: net.Server) => void {
  const begin = (stream: Stream, headers: IncomingHttpHeaders) => {
    countWritten(stream);
    const header = (name: string) => textOf(headers[name]);
    const method = String(headers[':method']);
    const begun = {
      method,
      url: String(headers[':path'] ?? headers[':authority'] ?? '-'),
      protocol: 'HTTP/2.0',
      client: clientOf(stream.session?.socket.remoteAddress ?? '', header('x-forwarded-for')),
      at: now(),
      trace: needs.trace ? activeTrace() : undefined,
      requestHeader: (at: number) => header(needs.requestHeaders[at] ?? ''),
      responseHeader: (at: number) => textOf(stream.sentHeaders?.[needs.responseHeaders[at] ?? '']),
    };
    const began = needs.duration ? performance.now() : 0;
    observeOnce(stream, 'close', () => {
      const status = stream.sentHeaders?.[':status'];
      onServed({
        ...begun,
        took: needs.duration ? performance.now() - began : 0,
        status: status === undefined ? CLIENT_GONE : Number(status),
        bytes: bytesOf(stream, method),
        aborted: stream.aborted,
      });
    });
  };
  return (server) => void observe(server, 'stream', begin);
}

function textOf(value: number | string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : typeof value === 'object' ? value.join(', ') : String(value);
}

/**
 * Node counts the bytes of a stream in its native part alone, and says them to performance observers. So what is written to
 * one is counted on the way there; not what `respondWithFile` sends, which no code of JavaScript sees: its length is
 * taken from the headers.
 */
function countWritten(stream: Stream): void {
  const kind: Writes = Object.getPrototypeOf(stream);
  if (Object.hasOwn(kind, '_write')) return; // it is done
  const hide = { writable: true, configurable: true, enumerable: false };
  const wrap = <N extends keyof Writes>(
    name: N,
    count: (self: Stream, args: Parameters<NonNullable<Writes[N]>>) => number,
  ) => {
    const before = kind[name];
    if (before === undefined) return;
    const value = standIn(before, (self: Stream, args) => {
      self[WRITTEN] = (self[WRITTEN] ?? 0) + count(self, args);
      return Reflect.apply(before, self, args);
    });
    Object.defineProperty(kind, name, { ...hide, value });
  };
  wrap('_write', (_, [chunk, encoding]) => Buffer.byteLength(chunk, encoding));
  wrap('_writev', (_, [chunks]) =>
    chunks.reduce((sum, { chunk, encoding }) => sum + Buffer.byteLength(chunk, encoding), 0),
  );
  const fromFile = (self: Stream) => {
    self[FROM_FILE] = true;
    return 0;
  };
  wrap('respondWithFile', fromFile);
  wrap('respondWithFD', fromFile);
}

function bytesOf(stream: Stream, method: string): number {
  return stream[FROM_FILE] && method !== 'HEAD'
    ? Number(stream.sentHeaders?.['content-length'] ?? 0)
    : (stream[WRITTEN] ?? 0);
}
