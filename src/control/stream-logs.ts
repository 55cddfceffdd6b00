import type { ServerResponse } from 'node:http';
import type { LogLine } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import type { LogTail } from './control-context.js';

/** What waits for a reader that does not read, in bytes; the primary keeps no more for it. */
const MOST_BEHIND = 1_048_576;

/**
 * The lines that are kept, as NDJSON; with `follow=true` also those that come, until the reader goes.
 * `worker` wants one slot, `since` is wall-clock milliseconds, `lines` the last so many of what is kept. A reader that falls
 * behind misses lines, and gets their number when it has caught up.
 */
export function streamLogs(ring: LogTail, query: URLSearchParams, response: ServerResponse): void {
  const slot = numberOf(query, 'worker');
  const since = numberOf(query, 'since') ?? 0;
  const most = numberOf(query, 'lines');
  const wanted = (line: LogLine) => (slot === undefined || line.slot === slot) && line.at >= since;
  const kept = ring.lines().filter(wanted);
  const write = toReader(ring, response);
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  response.flushHeaders();
  for (const line of most === undefined ? kept : kept.slice(Math.max(0, kept.length - most))) write(line);
  if (query.get('follow') !== 'true') return void response.end();
  response.once(
    'close',
    ring.follow((line) => wanted(line) && write(line)),
  );
}

function toReader(ring: LogTail, response: ServerResponse): (line: LogLine) => void {
  let missed = 0;
  let seq = 0;
  const send = (line: LogLine) => void response.write(`${JSON.stringify(line)}\n`);
  const reportGap = () => {
    if (missed > 0) send({ seq, at: Date.now(), slot: undefined, stream: 'log', text: gap(missed) });
    missed = 0;
  };
  response.on('drain', reportGap);
  return (line) => {
    // The supervisor's own lines are few, and what an operator looks for: there is room for them when apps have filled theirs.
    const isOwn = line.slot === undefined;
    if ((missed === 0 || isOwn) && response.writableLength <= MOST_BEHIND * (isOwn ? 2 : 1)) {
      reportGap();
      send(line);
    } else {
      missed += 1;
      ring.miss(1, line.text.length);
    }
    seq = line.seq;
  };
}

function gap(lines: number): string {
  return `[kf-cluster] warn: ${lines} lines are missing here: this reader was too slow`;
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new KfError('BAD_REQUEST', 'the call is not understood', `${name} is ${JSON.stringify(text)}`);
}
