import type { ServerResponse } from 'node:http';
import { KfError } from '../errors.js';
import type { Ring, RingLine } from '../primary/ring.js';

/** A reader that falls this far behind, in bytes, is let go: the primary does not keep its lines for it. */
const MOST_BEHIND = 1_048_576;

/**
 * The lines that are kept, as NDJSON; with `follow=true` also those that come, until the reader goes.
 * `worker` wants one slot, `since` is wall-clock milliseconds.
 */
export function streamLogs(ring: Ring, query: URLSearchParams, response: ServerResponse): void {
  const slot = numberOf(query, 'worker');
  const since = numberOf(query, 'since') ?? 0;
  const wanted = (line: RingLine) => (slot === undefined || line.slot === slot) && line.at >= since;
  const write = (line: RingLine) => {
    if (!wanted(line)) return;
    response.write(`${JSON.stringify(line)}\n`);
    if (response.writableLength > MOST_BEHIND) response.destroy();
  };
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  response.flushHeaders();
  for (const line of ring.lines()) write(line);
  if (query.get('follow') === 'true') response.once('close', ring.follow(write));
  else response.end();
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new KfError('BAD_REQUEST', 'the call is not understood', `${name} is ${JSON.stringify(text)}`);
}
