import { accessSync, constants } from 'node:fs';
import { type Env, otlpText, textOf } from './env.js';
import { invalid } from './settings.js';
import type { TransportConfig } from './spool/index.js';

/**
 * The PEM files of OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY, and their _TRACES_ forms. Throws
 * OTEL_INVALID for a file that cannot be read and for half of a pair: found out at the first request, either would look
 * like a collector that is down.
 */
export function certificatesOf(env: Env): NonNullable<TransportConfig['tls']> {
  const caFile = readable(env, 'CERTIFICATE');
  const certFile = readable(env, 'CLIENT_CERTIFICATE');
  const keyFile = readable(env, 'CLIENT_KEY');
  if (certFile && !keyFile) throw lacks(env, 'CLIENT_CERTIFICATE', 'CLIENT_KEY');
  if (keyFile && !certFile) throw lacks(env, 'CLIENT_KEY', 'CLIENT_CERTIFICATE');
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}

function readable(env: Env, suffix: string): string | undefined {
  const file = otlpText(env, suffix);
  if (file === undefined) return undefined;
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(nameOf(env, suffix), file, why, 'Name a PEM file that this user can read.');
  }
  return file;
}

function lacks(env: Env, given: string, missing: string): Error {
  const name = nameOf(env, given);
  const other = name.replace(given, missing);
  return invalid(name, otlpText(env, given) ?? '', `it needs ${other} beside it`, `Set ${other} too.`);
}

function nameOf(env: Env, suffix: string): string {
  const own = `OTEL_EXPORTER_OTLP_TRACES_${suffix}`;
  return textOf(env, own) === undefined ? `OTEL_EXPORTER_OTLP_${suffix}` : own;
}
