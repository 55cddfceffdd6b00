import { certificatesOf } from './certificates.js';
import { type Env, otlpText, pairsOf } from './env.js';
import type { Headers } from './headers.js';
import { invalid, type OtlpTarget } from './settings.js';
import type { TransportConfig } from './spool/index.js';

/**
 * How the collector is reached, by OTEL_EXPORTER_OTLP_* and their _TRACES_ forms. `headers` win over the variables.
 * Throws OTEL_INVALID.
 */
export function collectorOf(env: Env, target: OtlpTarget, headers: Headers): TransportConfig {
  return {
    protocol: target.protocol,
    urls: { traces: target.url, logs: target.url, metrics: target.url },
    headers: { ...headersOf(env), ...headers },
    compression: compressionOf(env),
    tls: certificatesOf(env),
    userAgent: `kf-cluster (nodejs ${process.versions.node})`,
  };
}

/** OTEL_EXPORTER_OTLP_TIMEOUT in milliseconds; 10,000 by default. */
export function requestTimeoutOf(env: Env): number {
  const given = otlpText(env, 'TIMEOUT');
  if (given === undefined) return 10_000;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1)
    throw invalid('OTEL_EXPORTER_OTLP_TIMEOUT', given, 'expected milliseconds');
  return value;
}

/** Names are one case in HTTP; a header of the signal's own variable wins over the shared one. */
function headersOf(env: Env): Headers {
  const all: Record<string, string> = {};
  for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS']) {
    const pairs = pairsOf(env[name], () => {
      throw invalid(name, '***', 'expected name=value pairs, separated by commas');
    });
    for (const [header, value] of Object.entries(pairs)) all[header.toLowerCase()] = value;
  }
  return all;
}

function compressionOf(env: Env): 'gzip' | 'none' {
  const given = otlpText(env, 'COMPRESSION') ?? 'none';
  if (given !== 'gzip' && given !== 'none')
    throw invalid('OTEL_EXPORTER_OTLP_COMPRESSION', given, 'expected gzip or none');
  return given;
}
