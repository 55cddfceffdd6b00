import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/** What the sink says to a request. Unless it is `lost`, `hang` or an error, the spans in it count as delivered. */
export type Answer =
  | { type: 'ok' }
  | { type: 'partial'; rejected: number }
  /** Takes the spans, then says nothing. */
  | { type: 'lost' }
  /** Takes nothing and says nothing. */
  | { type: 'hang' }
  | { type: 'grpc'; code: number; message?: string; retryMs?: number }
  | { type: 'http'; status: number; retryAfter?: string };

export interface SinkRequest {
  readonly names: readonly string[];
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A real OTLP receiver (gRPC by @grpc/grpc-js, or node:http) that fails on demand. Decodes by protobufjs, not by our code. */
export interface Sink {
  readonly url: string;
  readonly port: number;
  /** Every span name with how often it was delivered. */
  readonly spans: Map<string, number>;
  readonly requests: SinkRequest[];
  /** Asked for each request; may wait. */
  answer: (request: SinkRequest, index: number) => Answer | Promise<Answer>;
  /** Resolves when this many different spans were delivered. */
  delivered(count: number): Promise<void>;
  /** Resolves when this many requests have come. */
  asked(count: number): Promise<void>;
  /** Cuts all connections and closes the port. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  start(): Promise<void>;
}

export async function startSink(protocol: 'grpc' | 'http'): Promise<Sink> {
  const waiters = new Set<() => void>();
  const until = (reached: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!reached()) return;
        waiters.delete(look);
        resolve();
      };
      waiters.add(look);
      look();
    });
  const spans = new Map<string, number>();
  const requests: SinkRequest[] = [];
  const state = { port: 0, server: undefined as Listener | undefined };
  const handle: Handle = async (body, json, headers) => {
    const request = { names: namesIn(body, json), bytes: body.length, headers };
    requests.push(request);
    for (const look of [...waiters]) look();
    const answer = await sink.answer(request, requests.length - 1);
    if (['ok', 'partial', 'lost'].includes(answer.type)) {
      for (const name of request.names) spans.set(name, (spans.get(name) ?? 0) + 1);
    }
    for (const look of [...waiters]) look();
    return answer;
  };
  const sink: Sink = {
    get url() {
      return protocol === 'grpc' ? `http://127.0.0.1:${state.port}` : `http://127.0.0.1:${state.port}/v1/traces`;
    },
    get port() {
      return state.port;
    },
    spans,
    requests,
    answer: () => ({ type: 'ok' }),
    delivered: (count) => until(() => spans.size >= count),
    asked: (count) => until(() => requests.length >= count),
    stop: async () => {
      await state.server?.stop();
      state.server = undefined;
    },
    start: async () => {
      const listen = protocol === 'grpc' ? listenGrpc : listenHttp;
      state.server = state.port
        ? await listen(state.port, handle)
        : await listenSomewhere((port) => listen(port, handle));
      state.port = state.server.port;
    },
  };
  await sink.start();
  return sink;
}

interface Listener {
  readonly port: number;
  stop(): Promise<void>;
}

/** Below the ports that systems hand out by themselves: a sink that stops must find its port free when it starts again. */
async function listenSomewhere(listen: (port: number) => Promise<Listener>): Promise<Listener> {
  for (let tries = 0; tries < 50; tries++) {
    const listener = await listen(10_000 + Math.floor(Math.random() * 20_000)).catch(() => undefined);
    if (listener) return listener;
  }
  throw new Error('no free port');
}

type Handle = (body: Buffer, json: boolean, headers: Record<string, string>) => Promise<Answer>;

async function listenGrpc(port: number, handle: Handle): Promise<Listener> {
  const server = new grpc.Server();
  const pass = (bytes: Buffer) => bytes;
  const method = { requestStream: false, responseStream: false, requestSerialize: pass, requestDeserialize: pass };
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const service = { export: { ...method, path, responseSerialize: pass, responseDeserialize: pass } };
  server.addService(service, {
    export: async (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      const answer = await handle(call.request, false, call.metadata.getMap() as Record<string, string>);
      if (answer.type === 'ok') done(null, Buffer.alloc(0));
      else if (answer.type === 'partial') done(null, partial(answer.rejected));
      else if (answer.type === 'grpc') done(grpcError(answer));
    },
  });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, to) =>
      error ? reject(error) : resolve(to),
    ),
  );
  return { port: bound, stop: async () => server.forceShutdown() };
}

function grpcError({ code, message, retryMs }: Extract<Answer, { type: 'grpc' }>): Partial<grpc.StatusObject> {
  const metadata = new grpc.Metadata();
  if (retryMs !== undefined) metadata.set('grpc-status-details-bin', retryInfo(code, retryMs));
  return { code, details: message ?? 'fault', metadata };
}

async function listenHttp(port: number, handle: Handle): Promise<Listener> {
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const json = request.headers['content-type'] === 'application/json';
    const answer = await handle(body, json, request.headers as Record<string, string>);
    if (answer.type === 'http') {
      response.writeHead(answer.status, answer.retryAfter ? { 'retry-after': answer.retryAfter } : {}).end();
    } else if (answer.type === 'partial' && json) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ partialSuccess: { rejectedSpans: String(answer.rejected), errorMessage: 'no' } }));
    } else if (answer.type === 'partial') response.end(partial(answer.rejected));
    else if (answer.type === 'ok') response.end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, stop: close };
}

const { root } = protobuf.parse(`syntax = "proto3";
message Request { repeated Group groups = 1; }
message Group { bytes resource = 1; repeated Scope scopes = 2; }
message Scope { bytes scope = 1; repeated Span spans = 2; }
message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; }
message Response { Partial partial = 1; }
message Partial { int64 rejected = 1; string message = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
message Any { string type_url = 1; bytes value = 2; }
message RetryInfo { Duration delay = 1; }
message Duration { int64 seconds = 1; int32 nanos = 2; }`);

interface Decoded {
  groups: { scopes: { spans: { name: string }[] }[] }[];
}

/** The names of all spans in a request. Throws if it is none. */
export function namesIn(body: Uint8Array, json = false): string[] {
  if (json) {
    const request = JSON.parse(Buffer.from(body).toString()) as {
      resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
    };
    return request.resourceSpans
      .flatMap((group) => group.scopeSpans)
      .flatMap((scope) => scope.spans.map((s) => s.name));
  }
  const request = root.lookupType('Request').decode(body) as unknown as Decoded;
  return request.groups.flatMap((group) => group.scopes).flatMap((scope) => scope.spans.map((span) => span.name));
}

const encode = (type: string, value: object) => Buffer.from(root.lookupType(type).encode(value).finish());
const partial = (rejected: number) => encode('Response', { partial: { rejected, message: 'no' } });

function retryInfo(code: number, ms: number): Buffer {
  const value = encode('RetryInfo', { delay: { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 } });
  return encode('Status', { code, details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value }] });
}
