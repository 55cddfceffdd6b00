import { KfError } from '../errors.js';

/**
 * OTLP headers from the text of a headers file: one `name=value` a line or a comma list, `#` starts a comment line.
 * Values are percent-decoded, as in OTEL_EXPORTER_OTLP_HEADERS. `file` is for messages, which never hold a value.
 * @throws KfError HEADERS_FILE naming the line.
 */
export function parseHeaders(text: string, file: string): Record<string, string> {
  const headers: Record<string, string> = {};
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return;
    for (const pair of line.split(',')) {
      const match = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(.*?)\s*$/.exec(pair);
      const value = match ? decode(match[2]!) : undefined;
      if (!match || value === undefined) {
        throw new KfError(
          'HEADERS_FILE',
          `${file} is malformed in line ${i + 1}`,
          'expected name=value; a comma inside a value is written %2C',
        );
      }
      headers[match[1]!.toLowerCase()] = value;
    }
  });
  return headers;
}

/** Undefined for a broken escape or for characters that no header can carry. */
function decode(value: string): string | undefined {
  if (!/^(?:[^%]|%[0-9a-f]{2})*$/i.test(value)) return undefined;
  try {
    const text = decodeURIComponent(value);
    return /^[\t\x20-\x7e]*$/.test(text) ? text : undefined;
  } catch (error) {
    // Escapes that are no UTF-8; anything else is a defect.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
