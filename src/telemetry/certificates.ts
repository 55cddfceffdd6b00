import { accessSync, constants } from 'node:fs';
import { readPlainFile } from '../config/plain-file.js';
import { type Env, invalid, otlpName, otlpText, textOf } from '../otel-env/read.js';
import type { Signal, TransportConfig } from './spool/index.js';

/**
 * The PEM files of OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY, and the signal's own forms. Throws
 * OTEL_INVALID for a file that cannot be read and for half of a pair: found out at the first request, either would look
 * like a collector that is down.
 */
export function certificatesOf(env: Env, signal: Signal): NonNullable<TransportConfig['tls']> {
  const caFile = readable(env, signal, 'CERTIFICATE');
  const certFile = readable(env, signal, 'CLIENT_CERTIFICATE');
  const keyFile = readable(env, signal, 'CLIENT_KEY');
  if (certFile && !keyFile) throw lacks(env, signal, 'CLIENT_CERTIFICATE', 'CLIENT_KEY');
  if (keyFile && !certFile) throw lacks(env, signal, 'CLIENT_KEY', 'CLIENT_CERTIFICATE');
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}

function readable(env: Env, signal: Signal, suffix: string): string | undefined {
  const file = otlpText(env, signal, suffix);
  if (file === undefined) return undefined;
  try {
    accessSync(file, constants.R_OK);
    readPlainFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(nameOf(env, signal, suffix), file, why, 'Name a PEM file that this user can read.');
  }
  return file;
}

function lacks(env: Env, signal: Signal, given: string, missing: string): Error {
  const name = nameOf(env, signal, given);
  const other = name.replace(given, missing);
  return invalid(name, otlpText(env, signal, given) ?? '', `it needs ${other} beside it`, `Set ${other} too.`);
}

function nameOf(env: Env, signal: Signal, suffix: string): string {
  const own = otlpName(signal, suffix);
  return textOf(env, own) === undefined ? otlpName(undefined, suffix) : own;
}
