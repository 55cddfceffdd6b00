import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  type status,
} from '@grpc/grpc-js';

/** A span as it arrived. */
export interface ArrivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Sink {
  readonly url: string;
  readonly spans: ArrivedSpan[];
  /** Headers of each request. */
  readonly headers: Record<string, string>[];
  /** Resolves when the condition holds over what has arrived. */
  until(condition: (spans: readonly ArrivedSpan[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface GrpcSinkOptions {
  /** What the export answers: nothing, a number of rejected spans, or a status. Called after the spans are kept. */
  answer?(call: number): { rejected?: number; code?: status } | Promise<{ rejected?: number; code?: status }>;
}

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const identity = (bytes: Buffer) => bytes;
const service: ServiceDefinition = {
  Export: {
    path: EXPORT,
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  },
};

/** A real OTLP/gRPC receiver on a free port of the loopback. */
export async function grpcSink(options: GrpcSinkOptions = {}): Promise<Sink> {
  const kept = keep();
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  let calls = 0;
  server.addService(service, {
    Export: async (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      const answer = (await options.answer?.(calls++)) ?? {};
      if (answer.code) return done({ code: answer.code, details: 'told to' });
      kept.add(decodeRequest(call.request), call.metadata.getMap() as Record<string, string>);
      // ExportTraceServiceResponse { partial_success: { rejected_spans } }
      done(null, Buffer.from(answer.rejected ? [0x0a, 0x02, 0x08, answer.rejected] : []));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { ...kept.sink, url: `http://127.0.0.1:${port}`, close: async () => server.forceShutdown() };
}

/** A real OTLP/HTTP receiver for protobuf. */
export async function httpSink(): Promise<Sink> {
  const kept = keep();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const json = request.headers['content-type'] === 'application/json';
    kept.add(json ? decodeJson(body) : decodeRequest(body), headersOf(request));
    response.setHeader('content-type', request.headers['content-type'] ?? '').end(json ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...kept.sink,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = { path: request.url ?? '' };
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  return headers;
}

function keep() {
  const spans: ArrivedSpan[] = [];
  const headers: Record<string, string>[] = [];
  const waiting = new Set<() => void>();
  const until = (condition: (spans: readonly ArrivedSpan[]) => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition(spans)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const add = (arrived: ArrivedSpan[], metadata: Record<string, string>) => {
    spans.push(...arrived);
    headers.push(metadata);
    for (const check of [...waiting]) check();
  };
  return { add, sink: { spans, headers, until } };
}

type Fields = Map<number, (Buffer | bigint)[]>;

/** A protobuf message as field number -> values; strings and messages stay bytes. */
function fields(bytes: Buffer): Fields {
  const found: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (size: number) => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const type = tag & 7;
    const value = type === 0 ? varint() : type === 2 ? take(Number(varint())) : take(type === 1 ? 8 : 4);
    const list = found.get(tag >> 3) ?? [];
    list.push(value);
    found.set(tag >> 3, list);
  }
  return found;
}

const messages = (message: Fields, field: number) => (message.get(field) ?? []).map((bytes) => fields(bytes as Buffer));
const text = (message: Fields, field: number) => (message.get(field)?.[0] as Buffer | undefined)?.toString() ?? '';
const hex = (message: Fields, field: number) => (message.get(field)?.[0] as Buffer | undefined)?.toString('hex') ?? '';

function attributes(message: Fields, field: number): Record<string, unknown> {
  return Object.fromEntries(messages(message, field).map((pair) => [text(pair, 1), anyValue(messages(pair, 2)[0])]));
}

function anyValue(value: Fields | undefined): unknown {
  const [field, first] = [...(value ?? new Map<number, (Buffer | bigint)[]>())][0] ?? [];
  if (field === 1) return (first![0] as Buffer).toString();
  if (field === 3) return Number(first![0]);
  return first?.[0];
}

function decodeRequest(bytes: Buffer): ArrivedSpan[] {
  return messages(fields(bytes), 1).flatMap((resourceSpans) => {
    const resource = attributes(messages(resourceSpans, 1)[0] ?? new Map(), 1);
    return messages(resourceSpans, 2).flatMap((scope) =>
      messages(scope, 2).map((span) => ({
        name: text(span, 5),
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentSpanId: hex(span, 4),
        kind: Number(span.get(6)?.[0] ?? 0),
        attributes: attributes(span, 9),
        resource,
      })),
    );
  });
}

function decodeJson(body: Buffer): ArrivedSpan[] {
  const request = JSON.parse(body.toString());
  return request.resourceSpans.flatMap((r: { scopeSpans: { spans: ArrivedSpan[] }[] }) =>
    r.scopeSpans.flatMap((s) => s.spans),
  );
}
