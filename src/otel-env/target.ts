import { DEFAULT_PROTOCOL, endpointUrl, isSocket, type Protocol } from './variables.js';

export const OTLP_SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

type Variables = Readonly<Record<string, string | undefined>>;

/** Where a signal goes, by the rules of the OTLP exporter specification. */
export interface OtlpTarget {
  readonly protocol: Protocol;
  /** Undefined when the endpoint given is not a URL. */
  readonly url: string | undefined;
  /** The variable that named the endpoint; undefined for the default. */
  readonly endpointFrom: string | undefined;
  readonly protocolFrom: string | undefined;
}

/**
 * The per-signal variable wins and is taken verbatim; to the base endpoint HTTP appends the path of the signal.
 * gRPC uses scheme, host and port only.
 */
export function targetOf(signal: OtlpSignal, vars: Variables): OtlpTarget {
  const names = (suffix: string) => [
    `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${suffix}`,
    `OTEL_EXPORTER_OTLP_${suffix}`,
  ];
  const given = (suffix: string) => names(suffix).find((name) => vars[name]?.trim());
  const protocolFrom = given('PROTOCOL');
  const endpointFrom = given('ENDPOINT');
  const protocol = (protocolFrom ? vars[protocolFrom]!.trim() : DEFAULT_PROTOCOL) as Protocol;
  const path = endpointFrom === names('ENDPOINT')[1] ? `/v1/${signal}` : '';
  const url = endpointFrom ? urlOf(vars[endpointFrom]!.trim(), protocol, path) : undefined;
  const fallback = protocol === 'grpc' ? 'http://localhost:4317' : `http://localhost:4318/v1/${signal}`;
  return { protocol, url: endpointFrom ? url : fallback, endpointFrom, protocolFrom };
}

/** What exports a signal; only traces are exported unasked. */
export function exportersOf(signal: OtlpSignal, vars: Variables): readonly string[] {
  const list = vars[`OTEL_${signal.toUpperCase()}_EXPORTER`]?.trim() || (signal === 'traces' ? 'otlp' : 'none');
  return list.split(',').map((name) => name.trim());
}

/** Whether a signal goes to a collector. */
export function isSent(signal: OtlpSignal, vars: Variables): boolean {
  return exportersOf(signal, vars).includes('otlp');
}

function urlOf(value: string, protocol: Protocol, path: string): string | undefined {
  if (isSocket(value)) return value;
  const url = endpointUrl(value);
  if (!url) return undefined;
  if (protocol === 'grpc') return url.origin;
  if (path !== '') url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  return url.href;
}
