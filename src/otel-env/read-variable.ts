import { KfError } from '../contract/errors.js';
import { nearest } from '../contract/nearest.js';
import { isSecretName, redact } from './redact.js';
import {
  type OtlpSignal,
  type OtlpSuffix,
  otlpName,
  VARIABLES,
  type ValueOf,
  type Variable,
  type VariableName,
} from './variables.js';

/** The environment telemetry is configured by; `process.env` in a worker. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What a variable is called in a message: the flag or the file that it came from, else its own name. */
export type Origin = (name: string) => string;

export const itself: Origin = (name) => name;

/** What a variable says, or its default. @throws KfError OTEL_INVALID with what was expected. */
export function read<N extends VariableName>(env: Env, name: N, origin: Origin = itself): ValueOf<N> {
  const { form, fallback }: Variable = VARIABLES[name];
  const text = textOf(env, name);
  const value = text === undefined ? fallback : form.parse(text);
  if (text !== undefined && value === undefined) throw malformed(name, text, origin);
  return value as ValueOf<N>;
}

/** What a variable says; undefined where it says nothing, or what is wrong, which `checkOtel` refuses. */
export function valueIn<N extends VariableName>(env: Env, name: N): ValueOf<N> | undefined {
  const { form }: Variable = VARIABLES[name];
  const text = textOf(env, name);
  return text === undefined ? undefined : (form.parse(text) as ValueOf<N> | undefined);
}

/** A variable's trimmed text; blank counts as unset, as the OpenTelemetry specification says. */
export function textOf(env: Env, name: VariableName): string | undefined {
  return env[name]?.trim() || undefined;
}

/** The variable that counts for a signal: its own (`OTEL_EXPORTER_OTLP_LOGS_<suffix>`) where it is set, else that of all. */
export function otlpVariable<S extends OtlpSuffix>(env: Env, signal: OtlpSignal, suffix: S) {
  const own = otlpName(signal, suffix);
  return textOf(env, own) === undefined ? otlpName(undefined, suffix) : own;
}

/** An OTEL_INVALID error. */
export function invalid(what: string, why: string, fix?: string): KfError {
  return new KfError('OTEL_INVALID', what, why, fix === undefined ? {} : { fix });
}

/** Of a header not even the malformed text is shown. */
function malformed(name: VariableName, text: string, origin: Origin): KfError {
  const { form }: Variable = VARIABLES[name];
  const problem = form.problem?.(text);
  const shown = isSecretName(name) ? 'has a value that is malformed' : `is ${JSON.stringify(redact(name, text))}`;
  const why = `expected ${form.expects}${problem === undefined ? suggestion(text, form.words) : `: ${problem}`}`;
  return invalid(`${origin(name)} ${shown}`, why);
}

/** A word for a value, or the first wrong item of a list, that is nearly one. */
function suggestion(text: string, words: readonly string[] = []): string {
  const items = text.split(',').map((item) => item.trim().toLowerCase());
  const near = nearest(items.find((item) => !words.includes(item)) ?? '', words);
  return near === undefined ? '' : `; did you mean ${near}?`;
}
