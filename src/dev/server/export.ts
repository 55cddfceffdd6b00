import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Call } from './api.js';
import { renderPage } from './exported-page.js';
import { HttpRefusal } from './http-refusal.js';

/** `GET /api/export`: the session as one file. */
export async function exportSession({ data, response, url }: Call): Promise<void> {
  const format = url.searchParams.get('format') ?? 'otlp';
  if (format === 'otlp') {
    response.writeHead(200, headers('application/x-ndjson', 'session.otlp.jsonl'));
    await writeAll(response, data.otlp());
    response.end();
  } else if (format === 'html') {
    const page = await renderPage(data.session());
    if (page === undefined) throw new HttpRefusal(404, 'this build has no page', 'Export it as otlp.');
    response.writeHead(200, headers('text/html', 'session.html')).end(page);
  } else throw new HttpRefusal(400, `there is no format ${format}`, 'It is otlp or html.');
}

function headers(type: string, name: string) {
  return { 'content-type': `${type}; charset=utf-8`, 'content-disposition': `attachment; filename="${name}"` };
}

/** A piece at a time: a whole session is many times as large as what it is made from. */
export async function writeAll(to: Writable, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (to.destroyed) return;
    if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
  }
}
