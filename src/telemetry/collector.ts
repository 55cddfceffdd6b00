import { type Env, integerOf, invalid, otlpName, otlpText, pairsOf, textOf } from '../otel-env/read.js';
import type { OtlpTarget } from '../otel-env/settings.js';
import { certificatesOf } from './certificates.js';
import type { Headers } from './headers.js';
import type { Signal, TransportConfig } from './spool/index.js';

/**
 * How the collector of a signal is reached, by OTEL_EXPORTER_OTLP_* and the signal's own forms. `headers` win over them.
 * Throws OTEL_INVALID.
 */
export function collectorOf(env: Env, signal: Signal, target: OtlpTarget, headers: Headers): TransportConfig {
  return {
    protocol: target.protocol,
    urls: { traces: target.url, logs: target.url, metrics: target.url },
    headers: { ...headersOf(env, signal), ...headers },
    compression: compressionOf(env, signal),
    tls: certificatesOf(env, signal),
    userAgent: `kf-cluster (nodejs ${process.versions.node})`,
  };
}

/** OTEL_EXPORTER_OTLP_TIMEOUT in milliseconds; 10,000 by default. */
export function requestTimeoutOf(env: Env, signal: Signal): number {
  const own = otlpName(signal, 'TIMEOUT');
  return integerOf(env, textOf(env, own) === undefined ? otlpName(undefined, 'TIMEOUT') : own, 10_000, 1);
}

/** Names are one case in HTTP; a header of the signal's own variable wins over the shared one. */
function headersOf(env: Env, signal: Signal): Headers {
  const all: Record<string, string> = {};
  for (const name of [otlpName(undefined, 'HEADERS'), otlpName(signal, 'HEADERS')]) {
    const pairs = pairsOf(env[name], () => {
      throw invalid(name, '***', 'expected name=value pairs, separated by commas');
    });
    for (const [header, value] of Object.entries(pairs)) all[header.toLowerCase()] = value;
  }
  return all;
}

function compressionOf(env: Env, signal: Signal): 'gzip' | 'none' {
  const given = otlpText(env, signal, 'COMPRESSION') ?? 'none';
  if (given !== 'gzip' && given !== 'none')
    throw invalid('OTEL_EXPORTER_OTLP_COMPRESSION', given, 'expected gzip or none');
  return given;
}
