import { accessSync, constants } from 'node:fs';
import { readPlainFile } from '../config/plain-file.js';
import { type Env, invalid, otlpVariable } from '../otel-env/read.js';
import { type TlsFiles, tlsFilesOf } from '../otel-env/tls.js';
import type { Signal, TransportConfig } from './spool/index.js';

/**
 * The PEM files of OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY, and the signal's own forms. Throws
 * OTEL_INVALID for a file that cannot be read and for half of a pair: found out at the first request, either would look
 * like a collector that is down.
 */
export function certificatesOf(env: Env, signal: Signal): NonNullable<TransportConfig['tls']> {
  const files = tlsFilesOf(env, signal);
  const [caFile, certFile, keyFile] = (['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const).map((suffix) =>
    readable(env, signal, suffix, files[suffix]),
  );
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}

function readable(env: Env, signal: Signal, suffix: keyof TlsFiles, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    accessSync(file, constants.R_OK);
    readPlainFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const name = otlpVariable(env, signal, suffix);
    throw invalid(`${name} is ${JSON.stringify(file)}`, why, 'Name a PEM file that this user can read.');
  }
  return file;
}
