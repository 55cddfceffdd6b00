import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http2, { type Http2SecureServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { decodeTraces } from '../../src/dev/decode.js';

/** PEM files: `ca`, `foreign`, `server`, `client`, and `server-key`, `client-key`. */
export type Pem = (name: string) => string;

/** Certificates that openssl makes now, in a directory that goes with the process. */
export function makeCertificates(): Pem {
  const dir = mkdtempSync(join(tmpdir(), 'kf-certificates-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const script = new URL('../../../test/fixtures/tls/certificates.sh', import.meta.url);
  execFileSync('sh', [fileURLToPath(script), dir], { stdio: 'pipe' });
  return (name) => join(dir, `${name}.pem`);
}

export interface SecureSink {
  /** `host:port`, without a scheme. */
  readonly address: string;
  /** Names of the spans that arrived. */
  readonly names: string[];
  /** Of each request, the subject of the client's certificate. */
  readonly clients: (string | undefined)[];
  /** Of each request, the encoding of its message. */
  readonly encodings: (string | undefined)[];
}

export interface SecureSinkOptions {
  readonly protocol: 'grpc' | 'http';
  readonly pem: Pem;
  /** Refuses clients without a certificate of `ca`. */
  readonly mutual?: boolean;
}

/** A collector behind TLS: gRPC framing over node:http2, or OTLP/HTTP over node:https. */
export async function startSecureSink(t: ExecutionContext, options: SecureSinkOptions): Promise<SecureSink> {
  const { pem, mutual = false, protocol } = options;
  const tls = {
    key: readFileSync(pem('server-key')),
    cert: readFileSync(pem('server')),
    ca: readFileSync(pem('ca')),
    requestCert: mutual,
    rejectUnauthorized: mutual,
  };
  const sink = {
    names: [] as string[],
    clients: [] as (string | undefined)[],
    encodings: [] as (string | undefined)[],
  };
  const server =
    protocol === 'grpc' ? serveGrpc(http2.createSecureServer(tls), sink) : serveHttp(https.createServer(tls), sink);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { ...sink, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A gRPC collector on a unix socket. Returns the names of the spans that arrive. */
export async function startUnixSink(t: ExecutionContext, path: string): Promise<string[]> {
  const sink = {
    names: [] as string[],
    clients: [] as (string | undefined)[],
    encodings: [] as (string | undefined)[],
  };
  const server = serveGrpc(http2.createServer(), sink);
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return sink.names;
}

type Kept = Pick<SecureSink, 'names' | 'clients' | 'encodings'>;

function serveGrpc<Server extends Http2Server | Http2SecureServer>(server: Server, kept: Kept): Server {
  server.on('stream', async (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    const framed = await bodyOf(stream);
    const message = framed[0] === 1 ? gunzipSync(framed.subarray(5)) : framed.subarray(5);
    keep(
      kept,
      message,
      (stream.session?.socket as unknown as { getPeerCertificate?: PeerCertificate }) ?? {},
      headers['grpc-encoding'],
    );
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  });
  return server;
}

function serveHttp(server: https.Server, kept: Kept): https.Server {
  server.on('request', async (request, response) => {
    const body = await bodyOf(request);
    const encoding = request.headers['content-encoding'];
    keep(kept, encoding === 'gzip' ? gunzipSync(body) : body, request.socket as never, encoding);
    response.end();
  });
  return server;
}

type PeerCertificate = () => { subject?: { CN?: string } };

function keep(kept: Kept, message: Buffer, socket: { getPeerCertificate?: PeerCertificate }, encoding: unknown): void {
  kept.names.push(...decodeTraces(message, 'protobuf').map((span) => span.name));
  kept.clients.push(socket.getPeerCertificate?.().subject?.CN);
  kept.encodings.push(encoding as string | undefined);
}

async function bodyOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
