import { isOverGrpc } from '../contract/otlp-protocols.js';
import { certificatesOf } from '../otel-env/certificates.js';
import type { Headers } from '../otel-env/headers-file.js';
import type { OtlpTarget } from '../otel-env/otlp-target.js';
import { proxyFor } from '../otel-env/proxy.js';
import { type Env, otlpVariable, read } from '../otel-env/read-variable.js';
import { otlpName } from '../otel-env/variables.js';
import type { Signal, TransportConfig } from './outbox/index.js';

/**
 * How the collector of a signal is reached, by OTEL_EXPORTER_OTLP_* and the signal's own forms. `headers` win over them.
 * Throws OTEL_INVALID.
 */
export function collectorOf(
  env: Env,
  signal: Signal,
  target: OtlpTarget,
  headers: Headers,
  grpcClient: TransportConfig['grpcClient'] = 'builtin',
): TransportConfig {
  return {
    protocol: target.protocol,
    ...(isOverGrpc(target.protocol) && { grpcClient }),
    urls: { traces: target.url, logs: target.url, metrics: target.url },
    ...(target.endpointFrom === undefined && { endpointIsDefault: true as const }),
    headers: { ...headersOf(env, signal), ...headers },
    compression: read(env, otlpVariable(env, signal, 'COMPRESSION')),
    tls: certificatesOf(env, signal),
    proxy: proxyFor(env, target.protocol, target.url).proxy?.href,
    userAgent: `kf-cluster (nodejs ${process.versions.node})`,
  };
}

/** OTEL_EXPORTER_OTLP_TIMEOUT in milliseconds. */
export function requestTimeoutOf(env: Env, signal: Signal): number {
  return read(env, otlpVariable(env, signal, 'TIMEOUT'));
}

/** Names are one case in HTTP; a header of the signal's own variable wins over the shared one. */
export function headersOf(env: Env, signal: Signal): Headers {
  return { ...read(env, otlpName(undefined, 'HEADERS')), ...read(env, otlpName(signal, 'HEADERS')) };
}
