import type { ServerResponse } from 'node:http';
import type { LogLine } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import type { ControlContext, LogTail } from './control-context.js';

/** What waits for a reader that does not read, in bytes; the primary keeps no more for it. */
const MOST_BEHIND = 1_048_576;

const TOO_SLOW = 'this reader was too slow';

/**
 * The lines that are kept, as NDJSON; with `follow=true` also those that come, until the reader goes.
 * `worker` wants one slot, `stream` one of stdout, stderr and log, `since` is wall-clock milliseconds, `lines` the last so many of what is kept. A reader that falls
 * behind misses lines, and gets their number when it has caught up.
 */
export function streamLogs(
  { ring, stdoutElsewhere }: Pick<ControlContext['output'], 'ring' | 'stdoutElsewhere'>,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const slot = numberOf(query, 'worker');
  const since = numberOf(query, 'since') ?? 0;
  const most = numberOf(query, 'lines');
  const follow = query.get('follow') === 'true';
  const stream = query.get('stream');
  const wanted = (line: LogLine) =>
    (slot === undefined || line.slot === slot) && (stream === null || line.stream === stream) && line.at >= since;
  const { write, gap } = toReader(ring, response);
  const begin = (stdout: readonly LogLine[]) => {
    const kept = merged(ring.lines(), stdout).filter(wanted);
    for (const line of most === undefined ? kept : kept.slice(Math.max(0, kept.length - most))) write(line);
    if (!follow) return void response.end();
    response.once(
      'close',
      ring.follow((line) => wanted(line) && write(line)),
    );
  };
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  response.flushHeaders();
  const wantsStdout = slot === undefined && (stream ?? 'stdout') === 'stdout'; // its lines have no slot
  if (!stdoutElsewhere || !wantsStdout) return begin([]);
  const leave = stdoutElsewhere(follow, {
    onKept: (lines) => {
      if (!lines) gap('stdout is missing here: the process that reads it, which started this one, does not answer');
      begin(lines ?? []);
    },
    onLines: (lines, missed) => {
      if (missed > 0) ring.miss(missed, 0);
      if (missed > 0) gap(missing(missed, TOO_SLOW));
      for (const line of lines) write(line);
    },
  });
  response.once('close', leave);
}

/** In the order of time; where that is the same, what came through this process first. */
function merged(own: readonly LogLine[], stdout: readonly LogLine[]): readonly LogLine[] {
  return stdout.length === 0 ? own : [...own, ...stdout].sort((one, other) => one.at - other.at);
}

function toReader(ring: LogTail, response: ServerResponse) {
  let missed = 0;
  let seq: number | undefined = 0;
  const send = (line: LogLine) => void response.write(`${JSON.stringify(line)}\n`);
  const gap = (text: string) =>
    send({ seq, at: Date.now(), slot: undefined, stream: 'log', text: `[kf-cluster] warn: ${text}` });
  const reportGap = () => {
    if (missed > 0) gap(missing(missed, TOO_SLOW));
    missed = 0;
  };
  response.on('drain', reportGap);
  const write = (line: LogLine) => {
    // The supervisor's own lines are few, and what an operator looks for: there is room for them when apps have filled theirs.
    const isOwn = line.stream === 'log';
    if ((missed === 0 || isOwn) && response.writableLength <= MOST_BEHIND * (isOwn ? 2 : 1)) {
      reportGap();
      send(line);
    } else {
      missed += 1;
      ring.miss(1, line.text.length);
    }
    seq = line.seq ?? seq;
  };
  return { write, gap };
}

function missing(lines: number, why: string): string {
  return `${lines} lines are missing here: ${why}`;
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new KfError('BAD_REQUEST', 'the call is not understood', `${name} is ${JSON.stringify(text)}`);
}
