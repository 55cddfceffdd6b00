import { OTLP_PROTOCOLS, type OtlpCarrier, type OtlpProtocol } from '../../../contract/otlp-protocols.js';
import { readPlainFile } from '../../../system/plain-file.js';
import type { Signal } from '../format/record.js';
import type { Transport } from './outcome.js';

/** How the collector is reached. `headers` are secret: they go to the collector and nowhere else. */
export interface TransportConfig {
  readonly protocol: OtlpProtocol;
  /**
   * Where each signal goes. grpc: `http://host:port`, `https://host:port` or `unix:/path` (a path after the port is
   * ignored); http: the full URL, `/v1/traces` included.
   */
  readonly urls: Readonly<Record<Signal, string>>;
  /** Nobody has named an endpoint: perhaps there is no collector at all, and none is wanted. */
  readonly endpointIsDefault?: true;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** Who speaks gRPC: see upstream.ts. Default: `builtin`. */
  readonly grpcClient?: 'builtin' | 'upstream';
  /** Gone through on the way to the collector; may hold userinfo. */
  readonly proxy?: string | undefined;
  /** PEM files; what is absent is the system's. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly userAgent: string;
}

/**
 * Makes connections. The PEM files are read anew for each, so that a renewed certificate is used. The protocol is loaded
 * with the first: a worker that boots needs none.
 */
export function connector(config: TransportConfig): () => Transport {
  return () => {
    const opening = open(config);
    return {
      send: async (request) => (await opening).send(request),
      // One that could not be opened has failed each of its requests.
      close: () => void opening.then((transport) => transport.close()).catch(() => undefined),
    };
  };
}

/** Loads a protocol ahead of its first connection. */
export async function loadTransport({ protocol, grpcClient }: Pick<TransportConfig, 'protocol' | 'grpcClient'>) {
  await CARRIERS[OTLP_PROTOCOLS[protocol].over].load(grpcClient);
}

async function open(config: TransportConfig): Promise<Transport> {
  return CARRIERS[OTLP_PROTOCOLS[config.protocol].over].open(config);
}

const CARRIERS: Readonly<
  Record<
    OtlpCarrier,
    {
      load(grpcClient: TransportConfig['grpcClient']): Promise<unknown>;
      open(config: TransportConfig): Promise<Transport>;
    }
  >
> = {
  http: {
    load: () => import('./http-transport.js'),
    open: async (config) => (await import('./http-transport.js')).createHttpTransport(config),
  },
  grpc: {
    load: async (grpcClient) =>
      grpcClient === 'upstream'
        ? (await import('./upstream-transport.js')).hasUpstream()
        : import('./grpc-transport.js'),
    open: async (config) =>
      config.grpcClient === 'upstream'
        ? (await import('./upstream-transport.js')).createUpstreamTransport(config)
        : (await import('./grpc-transport.js')).createGrpcTransport(config),
  },
};

/** The PEM texts in the form node:tls takes. Throws if a file cannot be read. */
export function tlsOptions({ tls }: TransportConfig): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const pem = (file: string) => Buffer.from(readPlainFile(file));
  return {
    ...(tls?.caFile && { ca: pem(tls.caFile) }),
    ...(tls?.certFile && { cert: pem(tls.certFile) }),
    ...(tls?.keyFile && { key: pem(tls.keyFile) }),
  };
}
