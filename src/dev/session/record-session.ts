import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { messageOf } from '../../contract/system-error.js';
import { writeAll } from '../server/export.js';
import { renderPage } from '../server/exported-page.js';
import type { PageData } from '../server/page-data.js';

/** Writes a session to a file: as one HTML file where it ends so, else as OTLP. Returns what went wrong. */
export async function record(file: string, data: PageData): Promise<string | undefined> {
  const page = file.endsWith('.html') ? await renderPage(data.session()) : undefined;
  if (file.endsWith('.html') && page === undefined) return 'this build has no page: record to a .jsonl file';
  const out = createWriteStream(file, { mode: 0o600 });
  const ended = finished(out);
  try {
    await Promise.race([writeAll(out, page === undefined ? data.otlp() : [page]), ended]);
    out.end();
    await ended;
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
