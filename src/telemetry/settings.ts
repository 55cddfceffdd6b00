import { KfError } from '../errors.js';
import { type Env, isTrue, listOf, otlpText, textOf } from './env.js';

export type Protocol = 'grpc' | 'http/protobuf' | 'http/json';
export type ExporterName = 'otlp' | 'console';

/** Where and how spans are sent. */
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
  readonly exporters: readonly ExporterName[];
  readonly otlp: OtlpTarget;
}

const PROTOCOLS: readonly Protocol[] = ['grpc', 'http/protobuf', 'http/json'];

/** Throws OTEL_INVALID for a value that could only be misunderstood. */
export function readSettings(env: Env): ExportSettings {
  return {
    disabled: isTrue(textOf(env, 'OTEL_SDK_DISABLED')),
    exporters: readExporters(env),
    otlp: readTarget(env),
  };
}

/** An OTEL_INVALID error: which variable holds what, and what it should hold. */
export function invalid(name: string, value: string, expected: string, fix?: string): KfError {
  return new KfError('OTEL_INVALID', `${name}=${value} is not valid`, expected, fix ? { fix } : {});
}

function readExporters(env: Env): ExporterName[] {
  const names = listOf(textOf(env, 'OTEL_TRACES_EXPORTER') ?? 'otlp');
  for (const name of names) {
    if (!['otlp', 'console', 'none'].includes(name)) {
      throw invalid('OTEL_TRACES_EXPORTER', name, 'expected otlp, console, none, or a comma list of them');
    }
  }
  return names.includes('none') ? [] : (names as ExporterName[]);
}

function readTarget(env: Env): OtlpTarget {
  const protocol = otlpText(env, 'PROTOCOL') ?? 'grpc';
  if (!isProtocol(protocol)) {
    throw invalid('OTEL_EXPORTER_OTLP_PROTOCOL', protocol, `expected one of ${PROTOCOLS.join(', ')}`);
  }
  const own = textOf(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const base = textOf(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const name = own ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const given = own ?? base ?? `http://localhost:${protocol === 'grpc' ? 4317 : 4318}`;
  if (/^unix:/i.test(given)) return unixTarget(name, given, protocol);
  const { url, note } = parseEndpoint(name, given, env);
  if (protocol === 'grpc') rejectPath(name, url);
  else if (!own) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
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

function parseEndpoint(name: string, given: string, env: Env): { url: URL; note: string | undefined } {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(given);
  const plain = isTrue(otlpText(env, 'INSECURE')) || /^(localhost|127\.|\[::1\])/i.test(given);
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
  if (!/\/v1\/traces\/?$/.test(url.pathname)) return;
  const fix = 'Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or drop the path and name the gRPC port (4317).';
  throw invalid(name, show(url), 'the protocol is grpc, but /v1/traces is an address of OTLP over HTTP', fix);
}

function show(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

/** A value that may be a URL, without userinfo and query, for errors. */
function redact(value: string): string {
  return value.replace(/\/\/[^/@]*@/, '//***@').replace(/\?.*$/, '?***');
}
