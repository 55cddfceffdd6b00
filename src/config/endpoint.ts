import { DEFAULT_PROTOCOL, endpointUrl, isSocket, type Protocol } from './otel-rules.js';

/** Where traces go, by the rules of the OTLP exporter specification. */
export interface TracesTarget {
  readonly protocol: Protocol;
  /** Undefined when the endpoint given is not a URL. */
  readonly url: string | undefined;
  /** The variable that named the endpoint; undefined for the default. */
  readonly endpointFrom: string | undefined;
  readonly protocolFrom: string | undefined;
}

const ENDPOINT = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
const PROTOCOL = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const;

/**
 * The per-signal variable wins and is taken verbatim; to the base endpoint HTTP appends v1/traces.
 * gRPC uses scheme, host and port only.
 */
export function tracesTarget(vars: Readonly<Record<string, string | undefined>>): TracesTarget {
  const protocolFrom = PROTOCOL.find((name) => vars[name]?.trim());
  const endpointFrom = ENDPOINT.find((name) => vars[name]?.trim());
  const protocol = (protocolFrom ? vars[protocolFrom]!.trim() : DEFAULT_PROTOCOL) as Protocol;
  const url = endpointFrom ? urlOf(vars[endpointFrom]!.trim(), protocol, endpointFrom === ENDPOINT[1]) : undefined;
  const fallback = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318/v1/traces';
  return { protocol, url: endpointFrom ? url : fallback, endpointFrom, protocolFrom };
}

function urlOf(value: string, protocol: Protocol, base: boolean): string | undefined {
  if (isSocket(value)) return value;
  const url = endpointUrl(value);
  if (!url) return undefined;
  if (protocol === 'grpc') return url.origin;
  if (base) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}
