import { statSync } from 'node:fs';
import { readPlainFile } from '../config/plain-file.js';
import { KfError } from '../errors.js';
import type { Log } from '../log.js';

export type Headers = Readonly<Record<string, string>>;

/**
 * Reads OTLP headers, one `name=value` a line; blank lines and lines that start with # are skipped.
 * Errors name the line, never its content: it is a secret.
 */
export function readHeadersFile(file: string, log: Log): Headers {
  const text = read(file);
  if ((statSync(file).mode & 0o004) !== 0) {
    log.warn('headers file is readable by everyone', { file, fix: `chmod 600 ${file}` });
  }
  const headers: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(.+)$/.exec(line);
    if (!match) throw malformed(file, `line ${index + 1} is not name=value`);
    headers[match[1]!.toLowerCase()] = match[2]!;
  }
  return headers;
}

function read(file: string): string {
  try {
    return readPlainFile(file);
  } catch (error) {
    throw malformed(file, error instanceof Error ? error.message : String(error), error);
  }
}

function malformed(file: string, why: string, cause?: unknown): KfError {
  return new KfError('HEADERS_FILE', `headers file ${file} cannot be used`, why, { cause });
}
