import { carrierOf, isOverGrpc, type OtlpProtocol } from '../contract/otlp-protocols.js';
import { endpointUrl, hasScheme, isSocket, schemeFor } from './endpoint-url.js';
import { type Env, invalid, itself, type Origin, otlpVariable, read } from './read-variable.js';
import { type OtlpSignal, otlpName, type VariableName } from './variables.js';

/** Where and how one signal is sent. */
export interface OtlpTarget {
  readonly protocol: OtlpProtocol;
  /** Complete: with scheme, and with the path for the HTTP protocols; or `unix:PATH`. May hold userinfo: log `shown`. */
  readonly url: string;
  /** The URL without userinfo and query. */
  readonly shown: string;
  /** The variable that named the endpoint; undefined for the default. */
  readonly endpointFrom: VariableName | undefined;
  /** What was assumed on the way, for the log. */
  readonly note: string | undefined;
}

/**
 * Where a signal goes, by the rules of the OTLP exporter specification: the per-signal variable wins and is taken
 * verbatim; to the base endpoint HTTP appends the path of the signal. gRPC uses scheme, host and port only.
 * @throws KfError OTEL_INVALID for a value that could only be misunderstood
 */
export function targetOf(env: Env, signal: OtlpSignal, origin: Origin = itself): OtlpTarget {
  const protocol = read(env, otlpVariable(env, signal, 'PROTOCOL'), origin);
  const { port, hasPaths } = carrierOf(protocol);
  const name = otlpVariable(env, signal, 'ENDPOINT');
  const given = read(env, name, origin);
  if (given === undefined) {
    const url = `http://localhost:${port}${hasPaths ? `/v1/${signal}` : ''}`;
    return { protocol, url, shown: url, endpointFrom: undefined, note: undefined };
  }
  if (isSocket(given)) return { ...socketTarget(given, name, protocol, origin), endpointFrom: name };
  const whole = withScheme(env, signal, given);
  const url = endpointUrl(whole) ?? new URL(whole);
  if (!hasPaths) refusePath(env, signal, url, origin);
  else if (name === otlpName(undefined, 'ENDPOINT')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return {
    protocol,
    url: hasPaths ? url.href : url.origin,
    shown: `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`,
    endpointFrom: name,
    note: whole === given ? undefined : schemeNote(origin(name), url),
  };
}

/** An endpoint as it is used. */
export function withScheme(env: Env, signal: OtlpSignal, endpoint: string): string {
  if (isSocket(endpoint) || hasScheme(endpoint)) return endpoint;
  return schemeFor(endpoint, read(env, otlpVariable(env, signal, 'INSECURE'))) + endpoint;
}

/** Verification is never silently off, and never silently on. */
function schemeNote(from: string, { protocol }: URL): string {
  const otherwise = protocol === 'https:' ? '; OTEL_EXPORTER_OTLP_INSECURE=true for http://' : '';
  return `${from} has no scheme: ${protocol}// is assumed${otherwise}`;
}

function socketTarget(given: string, name: VariableName, protocol: OtlpProtocol, origin: Origin) {
  if (!isOverGrpc(protocol)) {
    throw invalid(
      `${origin(name)} names a unix socket, but the protocol is ${protocol}`,
      'over a unix socket only grpc is spoken',
      'Leave the protocol out, or name a URL.',
    );
  }
  const url = given.replace(/^unix:(\/\/)?/i, 'unix:');
  return { protocol, url, shown: url, note: undefined };
}

/** gRPC has no paths: with one of OTLP/HTTP the exporter would connect, and every export would fail. */
function refusePath(env: Env, signal: OtlpSignal, url: URL, origin: Origin): void {
  const path = /\/v1\/(traces|metrics|logs)\/?$/.exec(url.pathname)?.[0];
  if (path === undefined) return;
  const from = otlpVariable(env, signal, 'PROTOCOL');
  const protocol = env[from]?.trim() ? `${origin(from)} is grpc` : 'the protocol is grpc, the default';
  throw invalid(
    `${origin(otlpVariable(env, signal, 'ENDPOINT'))} ends in ${url.pathname}, but ${protocol}`,
    'that path belongs to OTLP over HTTP; gRPC takes host and port only, usually port 4317',
    'Set the protocol to http/protobuf (--exporter-otlp-protocol), or name the gRPC port without a path: http://HOST:4317',
  );
}
