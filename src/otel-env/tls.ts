import { type Env, invalid, itself, type Origin, otlpVariable, read } from './read.js';
import type { OtlpSignal } from './variables.js';

/** PEM files of a signal, as they were named. */
export interface TlsFiles {
  readonly CERTIFICATE: string | undefined;
  readonly CLIENT_CERTIFICATE: string | undefined;
  readonly CLIENT_KEY: string | undefined;
}

/** @throws KfError OTEL_INVALID for half of a pair: at the first request it would look like a collector that is down */
export function tlsFilesOf(env: Env, signal: OtlpSignal, origin: Origin = itself): TlsFiles {
  const file = (suffix: keyof TlsFiles) => read(env, otlpVariable(env, signal, suffix), origin);
  const lacks = (given: keyof TlsFiles, missing: keyof TlsFiles) => {
    const name = otlpVariable(env, signal, given);
    const other = name.replace(given, missing);
    return invalid(`${origin(name)} stands alone`, `it needs ${other} beside it`, `Set ${other} too.`);
  };
  const [certificate, key] = [file('CLIENT_CERTIFICATE'), file('CLIENT_KEY')];
  if (certificate && !key) throw lacks('CLIENT_CERTIFICATE', 'CLIENT_KEY');
  if (key && !certificate) throw lacks('CLIENT_KEY', 'CLIENT_CERTIFICATE');
  return { CERTIFICATE: file('CERTIFICATE'), CLIENT_CERTIFICATE: certificate, CLIENT_KEY: key };
}
