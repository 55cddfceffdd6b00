import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { readPlainFile } from '../system/plain-file.js';
import { otlpSignals, readSettings } from './export-settings.js';
import { type Env, invalid, itself, type Origin, otlpVariable, read } from './read-variable.js';
import { OTLP_SIGNALS, type OtlpSignal } from './variables.js';

/** Absolute paths of PEM files: relative ones started at the working directory of the worker, which an app may change or lose. */
interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

type Suffix = 'CERTIFICATE' | 'CLIENT_CERTIFICATE' | 'CLIENT_KEY';

/**
 * The PEM files of OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY, and the signal's own forms.
 *
 * @param base where relative paths start
 * @throws KfError OTEL_INVALID for a file that cannot be read and for half of a pair: found out at the first request,
 * either would look like a collector that is down
 */
export function certificatesOf(env: Env, signal: OtlpSignal, base?: string): TlsFiles {
  checkPair(env, signal);
  const file = (suffix: Suffix) => readable(env, signal, suffix, base);
  const [caFile, certFile, keyFile] = [file('CERTIFICATE'), file('CLIENT_CERTIFICATE'), file('CLIENT_KEY')];
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}

/** Before a worker is forked that could not read them. @throws KfError OTEL_INVALID */
export function checkCertificates(env: Env, captureLogs: boolean | undefined, base: string): void {
  if (otlpSignals(readSettings(env, { captureLogs })).length === 0) return;
  for (const signal of OTLP_SIGNALS) certificatesOf(env, signal, base);
}

/** @throws KfError OTEL_INVALID for half of a pair */
export function checkPair(env: Env, signal: OtlpSignal, origin: Origin = itself): void {
  const lacks = (given: Suffix, missing: Suffix) => {
    const name = otlpVariable(env, signal, given);
    const other = name.replace(given, missing);
    return invalid(`${origin(name)} stands alone`, `it needs ${other} beside it`, `Set ${other} too.`);
  };
  const certificate = read(env, otlpVariable(env, signal, 'CLIENT_CERTIFICATE'));
  const key = read(env, otlpVariable(env, signal, 'CLIENT_KEY'));
  if (certificate && !key) throw lacks('CLIENT_CERTIFICATE', 'CLIENT_KEY');
  if (key && !certificate) throw lacks('CLIENT_KEY', 'CLIENT_CERTIFICATE');
}

function readable(env: Env, signal: OtlpSignal, suffix: Suffix, base = ''): string | undefined {
  const name = otlpVariable(env, signal, suffix);
  const file = read(env, name);
  if (file === undefined) return undefined;
  const path = resolve(base, file);
  try {
    accessSync(path, constants.R_OK);
    readPlainFile(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw invalid(`${name} is ${JSON.stringify(file)}`, error.message, 'Name a PEM file that this user can read.');
  }
  return path;
}
