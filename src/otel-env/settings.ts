import { SIGNALS, type Signal } from '../telemetry/spool/record.js';
import { type Env, invalid, isTrue, listOf, otlpName, otlpText, textOf } from './read.js';

export type Protocol = 'grpc' | 'http/protobuf' | 'http/json';
export type ExporterName = 'otlp' | 'console';
export type MetricsExporterName = ExporterName | 'prometheus';

/** Where and how one signal is sent. */
export interface OtlpTarget {
  readonly protocol: Protocol;
  /** Complete: with scheme, and with the path for the HTTP protocols; or `unix:PATH`. May hold userinfo: log `shown`. */
  readonly url: string;
  /** The URL without userinfo and query. */
  readonly shown: string;
  /** What was assumed on the way, for the log. */
  readonly note: string | undefined;
}

/** Everything about exporting that the environment decides, validated. */
export interface ExportSettings {
  readonly disabled: boolean;
  readonly exporters: {
    /** `otlp` by default. */
    readonly traces: readonly ExporterName[];
    /** None by default. */
    readonly metrics: readonly MetricsExporterName[];
    /** None by default; `otlp` when logs are captured. */
    readonly logs: readonly ExporterName[];
  };
  readonly targets: Readonly<Record<Signal, OtlpTarget>>;
}

const PROTOCOLS: readonly Protocol[] = ['grpc', 'http/protobuf', 'http/json'];

/**
 * Throws OTEL_INVALID for a value that could only be misunderstood.
 *
 * @param options what asks for logs beside the environment
 */
export function readSettings(env: Env, options: { captureLogs?: boolean | undefined } = {}): ExportSettings {
  const basic = ['otlp', 'console'] as const;
  return {
    disabled: isTrue(textOf(env, 'OTEL_SDK_DISABLED')),
    exporters: {
      traces: readExporters(env, 'traces', basic, 'otlp'),
      metrics: readExporters(env, 'metrics', [...basic, 'prometheus'], 'none'),
      logs: readExporters(env, 'logs', basic, options.captureLogs ? 'otlp' : 'none'),
    },
    targets: Object.fromEntries(
      SIGNALS.map((signal) => [signal, readTarget(env, signal)]),
    ) as ExportSettings['targets'],
  };
}

/** The signals that go to a collector. */
export function otlpSignals({ disabled, exporters }: ExportSettings): Signal[] {
  return disabled ? [] : SIGNALS.filter((signal) => (exporters[signal] as readonly string[]).includes('otlp'));
}

function readExporters<N extends string>(env: Env, signal: Signal, known: readonly N[], fallback: N | 'none'): N[] {
  const variable = `OTEL_${signal.toUpperCase()}_EXPORTER`;
  const names = listOf(textOf(env, variable) ?? fallback);
  for (const name of names) {
    if (name === 'none' || (known as readonly string[]).includes(name)) continue;
    throw invalid(variable, name, `expected ${known.join(', ')}, none, or a comma list of them`);
  }
  return names.includes('none') ? [] : (names as N[]);
}

function readTarget(env: Env, signal: Signal): OtlpTarget {
  const protocol = otlpText(env, signal, 'PROTOCOL') ?? 'grpc';
  if (!isProtocol(protocol)) {
    throw invalid('OTEL_EXPORTER_OTLP_PROTOCOL', protocol, `expected one of ${PROTOCOLS.join(', ')}`);
  }
  const own = textOf(env, otlpName(signal, 'ENDPOINT'));
  const base = textOf(env, otlpName(undefined, 'ENDPOINT'));
  const name = otlpName(own ? signal : undefined, 'ENDPOINT');
  const given = own ?? base ?? `http://localhost:${protocol === 'grpc' ? 4317 : 4318}`;
  if (/^unix:/i.test(given)) return unixTarget(name, given, protocol);
  const { url, note } = parseEndpoint(name, given, isTrue(otlpText(env, signal, 'INSECURE')));
  if (protocol === 'grpc') rejectPath(name, url);
  else if (!own) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return { protocol, url: protocol === 'grpc' ? `${url.protocol}//${url.host}` : url.href, shown: show(url), note };
}

/** A socket file, in the two forms of gRPC's naming: `unix:path` and `unix:///absolute/path`. */
function unixTarget(name: string, given: string, protocol: Protocol): OtlpTarget {
  const path = given.replace(/^unix:(\/\/)?/i, '');
  if (path === '') throw invalid(name, given, 'expected the path of a socket: unix:/run/otel.sock');
  if (protocol !== 'grpc') throw invalid(name, given, `a unix socket is spoken to by grpc only, not ${protocol}`);
  const url = `unix:${path}`;
  return { protocol, url, shown: url, note: undefined };
}

function isProtocol(value: string): value is Protocol {
  return (PROTOCOLS as readonly string[]).includes(value);
}

function parseEndpoint(name: string, given: string, insecure: boolean): { url: URL; note: string | undefined } {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(given);
  const plain = insecure || /^(localhost|127\.|\[::1\])/i.test(given);
  const whole = hasScheme ? given : `${plain ? 'http' : 'https'}://${given}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw invalid(name, redact(given), 'expected a URL such as http://localhost:4317');
  }
  // Without a scheme the specification asks for TLS unless told otherwise: verification is never silently off.
  const note = hasScheme ? undefined : `${name} has no scheme: taken as ${url.protocol}//`;
  return { url, note };
}

function rejectPath(name: string, url: URL): void {
  const path = /\/v1\/(traces|logs|metrics)\/?$/.exec(url.pathname)?.[0];
  if (path === undefined) return;
  const fix = 'Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or drop the path and name the gRPC port (4317).';
  throw invalid(name, show(url), `the protocol is grpc, but ${path} is an address of OTLP over HTTP`, fix);
}

function show(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

/** A value that may be a URL, without userinfo and query, for errors. */
function redact(value: string): string {
  return value.replace(/\/\/[^/@]*@/, '//***@').replace(/\?.*$/, '?***');
}
