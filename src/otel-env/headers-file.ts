import { statSync } from 'node:fs';
import { KfError } from '../contract/errors.js';
import { readPlainFile } from '../system/plain-file.js';
import { parseHeaders } from './pairs.js';

export type Headers = Readonly<Record<string, string>>;

interface HeadersFile {
  readonly headers: Headers;
  /** Whether every user of this machine can read it. */
  readonly open: boolean;
}

/**
 * Reads a file of OTLP headers: each line as OTEL_EXPORTER_OTLP_HEADERS is read; blank lines and those that start with #
 * are skipped.
 * @throws KfError HEADERS_FILE naming the line, never its content: it is a secret
 */
export function readHeadersFile(path: string): HeadersFile {
  const text = textOf(path);
  return { headers: parseHeaderLines(text, path), open: (statSync(path).mode & 0o004) !== 0 };
}

/** Later lines win. `file` is for messages. @throws KfError HEADERS_FILE */
export function parseHeaderLines(text: string, file: string): Headers {
  const entries = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trimStart().startsWith('#')) return [];
    const found = parseHeaders(line);
    if (found.problem !== undefined) {
      const why = `expected name=value, a comma inside a value written as %2C: ${found.problem}`;
      throw new KfError('HEADERS_FILE', `${file} is malformed in line ${i + 1}`, why);
    }
    return Object.entries(found.pairs);
  });
  return Object.fromEntries(entries);
}

function textOf(path: string): string {
  try {
    return readPlainFile(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new KfError('HEADERS_FILE', `cannot read the headers file ${path}`, error.message, {
      fix: 'Check the path.',
      cause: error,
    });
  }
}
