import { nearest } from '../config/nearest.js';
import { KfError } from '../errors.js';
import { redact } from './redact.js';
import { isSent, OTLP_SIGNALS, type OtlpSignal, type OtlpTarget, targetOf } from './target.js';
import { endpointUrl, hasScheme, isSocket, OTEL_RULES, schemeFor } from './variables.js';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface OtelCheck {
  /** Values that workers must see instead of what was given, e.g. an endpoint with its scheme. */
  readonly normalized: Readonly<Record<string, string>>;
  /** Worth a line in the log, not an error. */
  readonly notes: readonly string[];
}

/**
 * Checks all OTEL_* variables that the built-in telemetry reads.
 * `origin` says where a variable came from: a flag, the environment, a file.
 * @throws KfError OTEL_INVALID for the first one that is wrong. Values of headers are never part of the message.
 */
export function checkOtel(vars: Variables, origin: (name: string) => string): OtelCheck {
  for (const [name, rule] of Object.entries(OTEL_RULES)) {
    const value = vars[name]?.trim();
    if (value && !rule.test(value)) {
      const shown = rule.secret ? 'has a value that is malformed' : `is ${JSON.stringify(redact(name, value))}`;
      throw invalid(`${origin(name)} ${shown}`, `expected ${rule.expects}${hint(value, rule.expects)}`);
    }
  }
  checkSamplerArg(vars, origin);
  checkProtocolOfEndpoint(vars, origin);
  const normalized = withSchemes(vars);
  return { normalized, notes: [...schemeNotes(normalized, origin), ...targetNotes(vars, origin)] };
}

function invalid(what: string, why: string, fix?: string): KfError {
  return new KfError('OTEL_INVALID', what, why, fix === undefined ? {} : { fix });
}

/** Suggests a listed word for a value that is nearly one. */
function hint(value: string, expects: string): string {
  const list = /(?:one|list) of (.*)$/.exec(expects)?.[1]?.split(', ') ?? [];
  const wrong = value.split(',').find((item) => !list.includes(item.trim())) ?? value;
  const near = nearest(wrong.trim(), list);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

const SAMPLER = 'OTEL_TRACES_SAMPLER';
const SAMPLER_ARG = 'OTEL_TRACES_SAMPLER_ARG';

/** The argument of a ratio sampler is a share; for other samplers it means nothing and is not judged. */
function checkSamplerArg(vars: Variables, origin: (name: string) => string): void {
  const arg = vars[SAMPLER_ARG]?.trim();
  if (!arg || !vars[SAMPLER]?.includes('traceidratio')) return;
  if (!/^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(arg) || Number(arg) > 1) {
    throw invalid(
      `${origin(SAMPLER_ARG)} is ${JSON.stringify(arg)}`,
      'expected a number from 0 to 1, the share of traces kept',
    );
  }
}

/** gRPC has no paths: with one of OTLP/HTTP the exporter would connect, and every export would fail. */
function checkProtocolOfEndpoint(vars: Variables, origin: (name: string) => string): void {
  for (const signal of OTLP_SIGNALS) checkProtocol(vars, targetOf(signal, vars), origin);
}

function checkProtocol(vars: Variables, target: OtlpTarget, origin: (name: string) => string): void {
  if (target.endpointFrom !== undefined && target.protocol !== 'grpc' && isSocket(vars[target.endpointFrom]!.trim())) {
    throw invalid(
      `${origin(target.endpointFrom)} names a unix socket, but the protocol is ${target.protocol}`,
      'over a unix socket only gRPC is spoken',
      'Leave the protocol out, or name a URL.',
    );
  }
  if (target.protocol !== 'grpc' || target.endpointFrom === undefined) return;
  const given = endpointUrl(vars[target.endpointFrom]!.trim());
  if (!given || !/\/v1\/(traces|metrics|logs)\/?$/.test(given.pathname)) return;
  const protocol = target.protocolFrom ? `${origin(target.protocolFrom)} is grpc` : 'the protocol is grpc, the default';
  throw invalid(
    `${origin(target.endpointFrom)} ends in ${given.pathname}, but ${protocol}`,
    'that path belongs to OTLP over HTTP; gRPC takes host and port only, usually port 4317',
    'Add --exporter-otlp-protocol http/protobuf, or name the gRPC port without a path: http://HOST:4317',
  );
}

function withSchemes(vars: Variables): Record<string, string> {
  const endpoints = Object.keys(OTEL_RULES).filter((name) => name.endsWith('_ENDPOINT'));
  const bare = endpoints.filter((name) => {
    const value = vars[name]?.trim();
    return value && !hasScheme(value) && !isSocket(value);
  });
  return Object.fromEntries(
    bare.map((name) => {
      const value = vars[name]!.trim();
      const own = vars[name.replace('_ENDPOINT', '_INSECURE')];
      return [name, schemeFor(value, own?.trim() ? own : vars.OTEL_EXPORTER_OTLP_INSECURE) + value];
    }),
  );
}

function schemeNotes(normalized: Record<string, string>, origin: (name: string) => string): string[] {
  return Object.entries(normalized).map(([name, value]) => {
    const secure = value.startsWith('https:');
    const otherwise = secure ? '; OTEL_EXPORTER_OTLP_INSECURE=true for http://' : '';
    return `${origin(name)} has no scheme: ${secure ? 'https' : 'http'}:// is assumed${otherwise}`;
  });
}

/** Two mistakes that look right and lose every span. */
function targetNotes(vars: Variables, origin: (name: string) => string): string[] {
  const notes = OTLP_SIGNALS.filter((signal) => signal === 'traces' || isSent(signal, vars)).flatMap((signal) =>
    notesOf(signal, targetOf(signal, vars), origin),
  );
  return [...new Set(notes)];
}

function notesOf(signal: OtlpSignal, target: OtlpTarget, origin: (name: string) => string): string[] {
  if (target.endpointFrom === undefined) return [];
  const from = origin(target.endpointFrom);
  if (target.protocol === 'grpc') {
    return /:4318(\/|$)/.test(target.url ?? '')
      ? [`${from} names port 4318, usually OTLP over HTTP, but the protocol is grpc`]
      : [];
  }
  const path = `/v1/${signal}`;
  return target.url?.endsWith(path + path)
    ? [`${from} already ends in ${path}, and ${path} is appended to it: leave the path out`]
    : [];
}
