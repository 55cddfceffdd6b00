import grpc, { type Metadata, type ServiceError } from '@grpc/grpc-js';

/** What the raw client saw. */
export interface GrpcResult {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata | undefined;
  readonly body: Buffer | undefined;
}

const SERVICES = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService', logs: 'logs.v1.LogsService' };

/** Sends one message of raw bytes over a connection of its own. */
export async function sendGrpc(
  url: string,
  body: Buffer,
  options: { signal?: keyof typeof SERVICES; path?: string; gzip?: boolean; headers?: Record<string, string> } = {},
): Promise<GrpcResult> {
  const { signal = 'traces', gzip = false } = options;
  const path = options.path ?? `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`;
  // A subchannel is shared between clients with the same options; the pool of this one is its own.
  const client = new grpc.Client(new URL(url).host, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    ...(gzip ? { 'grpc.default_compression_algorithm': 2 } : {}),
  });
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
  const raw = (bytes: Buffer) => bytes;
  try {
    return await new Promise((resolve) => {
      client.makeUnaryRequest(path, raw, raw, body, metadata, (error: ServiceError | null, answer?: Buffer) => {
        const { code = 0, details = '', metadata: trailer } = error ?? {};
        resolve({ code, details, metadata: trailer, body: answer });
      });
    });
  } finally {
    client.close();
  }
}

/** POSTs raw bytes to the receiver's HTTP side. */
export function post(url: string, body: Buffer | string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers });
}

export const PROTOBUF = { 'content-type': 'application/x-protobuf' };
export const JSON_TYPE = { 'content-type': 'application/json' };
