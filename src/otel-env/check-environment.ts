import { carrierOf } from '../contract/otlp-protocols.js';
import { keysOf } from '../contract/table-keys.js';
import { checkPair } from './certificates.js';
import { otlpSignals, readSampler, readSettings } from './export-settings.js';
import { type OtlpTarget, withScheme } from './otlp-target.js';
import { proxyFor } from './proxy.js';
import { type Env, type Origin, otlpVariable, read, textOf } from './read-variable.js';
import { OTLP_SIGNALS, type OtlpSignal, otlpName, VARIABLES } from './variables.js';

interface OtelCheck {
  /** Values that workers must see instead of what was given: an endpoint with its scheme, a word in its own case. */
  readonly normalized: Readonly<Record<string, string>>;
  /** Worth a line in the log, not an error. */
  readonly notes: readonly string[];
}

/**
 * Reads all of the table as a worker will, before one is forked.
 * `origin` says where a variable came from: a flag, the environment, a file.
 * @throws KfError OTEL_INVALID for the first one that is wrong. Values of headers are never part of the message.
 */
export function checkOtel(env: Env, origin: Origin): OtelCheck {
  for (const name of keysOf(VARIABLES)) {
    if (name !== 'OTEL_TRACES_SAMPLER_ARG') read(env, name, origin);
  }
  readSampler(env, origin);
  const settings = readSettings(env, {}, origin);
  for (const signal of OTLP_SIGNALS) checkPair(env, signal, origin);
  const judged = OTLP_SIGNALS.filter((signal) => signal === 'traces' || otlpSignals(settings).includes(signal));
  const notes = judged.flatMap((signal) => targetNotes(env, signal, settings.targets[signal], origin));
  return {
    normalized: { ...withSchemes(env), ...lowerCased(env) },
    notes: [...new Set([...notes, ...noneNotes(env, origin)])],
  };
}

/** Other SDKs in a worker take words in one case only. */
function lowerCased(env: Env): Record<string, string> {
  const normalized: Record<string, string> = {};
  for (const name of keysOf(VARIABLES)) {
    const text = VARIABLES[name].form.words && textOf(env, name);
    if (text && text !== text.toLowerCase()) normalized[name] = text.toLowerCase();
  }
  return normalized;
}

/** The base endpoint stays as it is where the signals that use it differ in OTEL_EXPORTER_OTLP_*_INSECURE. */
function withSchemes(env: Env): Record<string, string> {
  const normalized: Record<string, string> = {};
  for (const name of [undefined, ...OTLP_SIGNALS].map((signal) => otlpName(signal, 'ENDPOINT'))) {
    const value = textOf(env, name);
    const users = OTLP_SIGNALS.filter((signal) => otlpVariable(env, signal, 'ENDPOINT') === name);
    const [whole, other] = new Set(users.map((signal) => value && withScheme(env, signal, value)));
    if (whole && whole !== value && other === undefined) normalized[name] = whole;
  }
  return normalized;
}

/** What was assumed, and two mistakes that look right and lose every span. */
function targetNotes(env: Env, signal: OtlpSignal, target: OtlpTarget, origin: Origin): string[] {
  if (target.endpointFrom === undefined) return [];
  const from = origin(target.endpointFrom);
  const { note: proxyNote } = proxyFor(env, target.protocol, target.url);
  const assumed = [target.note, proxyNote].filter((note) => note !== undefined);
  const path = `/v1/${signal}`;
  const { hasPaths } = carrierOf(target.protocol);
  if (!hasPaths && /:4318(\/|$)/.test(target.url)) {
    return [...assumed, `${from} names port 4318, usually OTLP over HTTP, but the protocol is ${target.protocol}`];
  }
  if (hasPaths && target.url.endsWith(path + path)) {
    return [...assumed, `${from} already ends in ${path}, and ${path} is appended to it: leave the path out`];
  }
  return assumed;
}

/** `none` beside others is most likely a leftover. */
function noneNotes(env: Env, origin: Origin): string[] {
  const lists = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER', 'OTEL_PROPAGATORS'] as const;
  const mixed = lists.filter((name) => {
    const names: readonly string[] = read(env, name);
    return names.length > 1 && names.includes('none');
  });
  return mixed.map((name) => `${origin(name)} lists none beside others: none it is`);
}
