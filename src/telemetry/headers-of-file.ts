import { statSync } from 'node:fs';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { codeOf } from '../contract/system-error.js';
import { type Headers, readHeadersFile } from '../otel-env/headers-file.js';

/**
 * The headers of a file, as they are at each call: a key that was rotated is used by the next connection. A file that
 * cannot be read any more is warned of, and what it said before is used.
 *
 * @throws KfError HEADERS_FILE if it cannot be read now
 */
export function headersOfFile(file: string, log: Log): () => Headers {
  let stamp = stampOf(file);
  let last = headersIn(file, log);
  return () => {
    const now = stampOf(file);
    if (now === stamp) return last;
    stamp = now;
    try {
      last = headersIn(file, log);
      log.info('headers file read again', { file });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn('headers file cannot be read again', { file, why, fix: 'mend it: the headers from before are used' });
    }
    return last;
  };
}

function headersIn(file: string, log: Log): Headers {
  const { headers, open } = readHeadersFile(file);
  if (open)
    eventLog(log, 'headers-readable').warn('headers file is readable by everyone', { file, fix: `chmod 600 ${file}` });
  return headers;
}

/** Changes with each write and with each replacement; a Kubernetes secret is a symlink that is replaced. */
function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return codeOf(error) ?? 'none'; // gone, or out of reach: to read it is what says so
  }
}
