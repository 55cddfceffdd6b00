import { KfError } from '../errors.js';
import type { Signal } from '../telemetry/spool/record.js';

/** The environment telemetry is configured by; `process.env` in the product. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable's trimmed value; blank counts as unset, as the OpenTelemetry specification says. */
export function textOf(env: Env, name: string): string | undefined {
  const value = env[name]?.trim();
  return value ? value : undefined;
}

/** The variable of the signal (`OTEL_EXPORTER_OTLP_LOGS_<suffix>`), else `OTEL_EXPORTER_OTLP_<suffix>`. */
export function otlpText(env: Env, signal: Signal, suffix: string): string | undefined {
  return textOf(env, otlpName(signal, suffix)) ?? textOf(env, otlpName(undefined, suffix));
}

/** The name of an OTLP variable, of one signal or of all. */
export function otlpName(signal: Signal | undefined, suffix: string): string {
  return `OTEL_EXPORTER_OTLP_${signal ? `${signal.toUpperCase()}_` : ''}${suffix}`;
}

/** A whole number of at least `least`, or `fallback`. Throws OTEL_INVALID. */
export function integerOf(env: Env, name: string, fallback: number, least: number): number {
  const given = textOf(env, name);
  if (given === undefined) return fallback;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least) throw invalid(name, given, `expected a whole number from ${least}`);
  return value;
}

/** An OTEL_INVALID error: which variable holds what, and what it should hold. */
export function invalid(name: string, value: string, expected: string, fix?: string): KfError {
  return new KfError('OTEL_INVALID', `${name}=${value} is not valid`, expected, fix ? { fix } : {});
}

/** True only for the word `true`, in any case. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

/** The items of a comma list, without blanks and repetitions. */
export function listOf(value: string | undefined): string[] {
  const items = (value ?? '').split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

/** `a=b,c=d` with percent-encoded values; an item without `=` is given to `onBad`. */
export function pairsOf(value: string | undefined, onBad: (item: string) => void): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const item of listOf(value)) {
    const at = item.indexOf('=');
    if (at < 1) onBad(item);
    else pairs[item.slice(0, at).trim()] = decode(item.slice(at + 1).trim());
  }
  return pairs;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A lone % is a legal value written without encoding: what was meant is what was written.
    return value;
  }
}
