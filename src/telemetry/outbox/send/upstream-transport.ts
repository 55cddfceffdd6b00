import { createRequire } from 'node:module';
import type { ChannelCredentials, Metadata } from '@grpc/grpc-js';
import type { Signal } from '../format/record.js';
import { failed, fixOf, shown } from './explain.js';
import { httpFailure } from './http-failure.js';
import { fromGrpcStatus, type Outcome, type OutgoingRequest, retry, type Transport } from './outcome.js';
import { acceptedProtobuf, retryInfoMs } from './response.js';
import { type TransportConfig, tlsOptions } from './transport.js';

type Grpc = typeof import('@grpc/grpc-js');
type ExporterBase = typeof import('@opentelemetry/otlp-grpc-exporter-base');
type Delegate = ReturnType<ExporterBase['createOtlpGrpcExportDelegate']>;

/** What OpenTelemetry's own OTLP/gRPC exporter is made of. */
interface Upstream {
  readonly base: ExporterBase;
  readonly grpc: Grpc;
}

/**
 * OTLP/gRPC by the parts of @opentelemetry/exporter-trace-otlp-grpc: its export delegate over @grpc/grpc-js. The serializer
 * passes on the bytes of the spool; the spool, its account and its retries stay ours, for the delegate has none.
 */
export function createUpstreamTransport(config: TransportConfig): Transport {
  const upstream = loadUpstream();
  const credentials = credentialsOf(config, upstream.grpc);
  const clients = new Map<string, Client>();
  const clientFor = ({ signal, timeoutMs }: OutgoingRequest) => {
    const key = `${signal} ${timeoutMs}`;
    const client = clients.get(key) ?? createClient(config, upstream, credentials, signal, timeoutMs);
    clients.set(key, client);
    return client;
  };
  return {
    send: async (request) => {
      if (request.encoding !== 'protobuf') {
        return { type: 'refused', reason: 'a JSON record cannot be sent by gRPC', content: false };
      }
      return clientFor(request).send(Buffer.concat(request.chunks));
    },
    // It waits for what is in flight, which ends at its deadline, and closes the channel then.
    close: () => {
      for (const { delegate } of clients.values()) void delegate.shutdown();
    },
  };
}

/** Whether the packages are there: a supervisor that runs on after its package was removed has a copy of our files alone. */
export function hasUpstream(): boolean {
  try {
    loadUpstream();
    return true;
  } catch {
    return false;
  }
}

/** Found from the exporter, so that it is the copy which that exporter would use. */
function loadUpstream(): Upstream {
  const fromHere = createRequire(import.meta.filename);
  const fromExporter = createRequire(fromHere.resolve('@opentelemetry/exporter-trace-otlp-grpc'));
  const fromBase = createRequire(fromExporter.resolve('@opentelemetry/otlp-grpc-exporter-base'));
  return {
    base: fromExporter('@opentelemetry/otlp-grpc-exporter-base') as ExporterBase,
    grpc: fromBase('@grpc/grpc-js') as Grpc,
  };
}

/**
 * One for all signals, which share a connection by it. grpc-js keeps connections of equal credentials for later channels, with
 * the minutes they wait after an outage; a new connection of ours is to be a new one, so these equal no others.
 */
function credentialsOf(config: TransportConfig, grpc: Grpc): ChannelCredentials {
  const secure = Object.values(config.urls).some((url) => url.startsWith('https:'));
  const { ca = null, key = null, cert = null } = tlsOptions(config);
  const credentials = secure ? grpc.credentials.createSsl(ca, key, cert) : grpc.credentials.createInsecure();
  credentials._equals = (other) => other === credentials;
  return credentials;
}

interface Client {
  readonly delegate: Delegate;
  send(bytes: Buffer): Promise<Outcome>;
}

const SERVICES: Record<Signal, { readonly type: string; readonly name: string; readonly path: string }> = {
  traces: {
    type: 'otlp_grpc_span_exporter',
    name: 'TraceExportService',
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  },
  logs: {
    type: 'otlp_grpc_log_exporter',
    name: 'LogsExportService',
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  },
  metrics: {
    type: 'otlp_grpc_metric_exporter',
    name: 'MetricsExportService',
    path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  },
};

/** The bytes behind a function: the delegate hands what it is given to the diagnostic log. */
type Sealed = () => Buffer;

/** A delegate has one timeout for good, so there is one for each that a request is given: 10 s, and its doubles up to 30. */
function createClient(
  config: TransportConfig,
  { base, grpc }: Upstream,
  credentials: ChannelCredentials,
  signal: Signal,
  timeoutMillis: number,
): Client {
  const { type, name, path } = SERVICES[signal];
  const { compression, userAgent, headers } = config;
  let answer: Outcome | undefined;
  const serializer = {
    serializeRequest: (sealed: Sealed) => sealed(),
    // Called right before the result callback, in the same turn.
    deserializeResponse: (bytes: Uint8Array) => {
      answer = acceptedProtobuf(bytes);
      return {};
    },
  };
  const delegate = base.createOtlpGrpcExportDelegate<Sealed, object>(
    {
      ...{ timeoutMillis, compression, userAgent, concurrencyLimit: Number.POSITIVE_INFINITY },
      url: targetOf(config.urls[signal]),
      metadata: () => metadataOf(headers, grpc),
      credentials: () => credentials,
    },
    ...([serializer, type, { name: 'span', countItems: () => 1 }, undefined, name, path] as const),
  );
  const send = (bytes: Buffer) =>
    new Promise<Outcome>((resolve) => {
      delegate.export(
        () => bytes,
        ({ error }) => {
          const accepted = answer ?? { type: 'accepted', rejected: 0, message: '' };
          answer = undefined;
          resolve(error ? outcomeOf(error, config, timeoutMillis) : accepted);
        },
      );
    });
  return { delegate, send };
}

/** The form of gRPC's naming: `host:port`, `unix:path`. */
function targetOf(url: string): string {
  return url.startsWith('unix:') ? url : new URL(url).host;
}

function metadataOf(headers: Readonly<Record<string, string>>, grpc: Grpc): Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

const NOTHING = new Uint8Array(0);

function outcomeOf(
  error: Error & Partial<{ code: unknown; details: string; metadata: Metadata }>,
  config: TransportConfig,
  ms: number,
): Outcome {
  const { code, details = error.message, metadata } = error;
  if (typeof code !== 'number') return retry(error.message);
  if (code === 4) return retry(`no answer within ${ms} ms`, { overloaded: true, timedOut: true });
  // Of a proxy in front of the collector: the library makes UNKNOWN of most, which says that the spans are bad.
  const [, status] = /^Received HTTP status code (\d+)$/.exec(details) ?? [];
  if (status !== undefined) {
    const failure = httpFailure({ status: Number(status), header: () => undefined, body: NOTHING }, config);
    return failure ?? retry('the connection ended without an answer', { reached: true });
  }
  // A connection that cannot be made is 14 too; its error says why.
  // It has no error of the system where somebody took the connection, and ended it.
  const reached = !/No connection established|Name resolution/.test(details) || /Failed to connect/.test(details);
  const cannot = code === 14 ? failed(new Error(details), config, reached) : undefined;
  if (cannot?.type === 'held') return cannot;
  const [info] = metadata?.get('grpc-status-details-bin') ?? [];
  const retryMs = info === undefined ? undefined : retryInfoMs(Buffer.from(info));
  const outcome = fromGrpcStatus(code, shown(details), retryMs, (kind) => fixOf(kind, config));
  return outcome.type === 'retry' && cannot?.type === 'retry' ? { ...cannot, ...outcome, reached } : outcome;
}
