import type { ServerResponse } from 'node:http';
import type { DoctorAnswer, FollowLine, WatchedWorker } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import type { SpanWatchReport } from '../contract/watched-span.js';
import type { ControlContext } from './control-context.js';
import { fullStatus } from './full-status.js';

/** The longest that anybody may look, in seconds: workers pay for it. */
const LONGEST = 120;

/** The status, and a sample of the spans of `seconds`; a worker that is hung delays it by half a second. */
export async function sampleSpans(
  host: ControlContext,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<DoctorAnswer> {
  const ms = millisecondsOf(query);
  const seen = new Map<number, WatchedWorker>();
  if (ms > 0) {
    await host.supervisor.watchSpans({
      ms,
      signal: whenGone(response),
      onReport: (from, report) => void seen.set(from.id, ofWorker(from, report)),
    });
  }
  return { status: await fullStatus(host), watched: [...seen.values()] };
}

/** What workers see of one trace, in lines, until the reader goes or `seconds` are over. */
export async function followTrace(
  { supervisor }: ControlContext,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const traceId = query.get('trace') ?? '';
  if (!/^[0-9a-f]{32}$/.test(traceId)) throw bad('trace is no id of 32 hexadecimal digits');
  const ms = millisecondsOf(query);
  const slots = new Map(supervisor.status().workers.map(({ id, slot }) => [id, slot]));
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  const write = (line: FollowLine) => void response.write(`${JSON.stringify(line)}\n`);
  await supervisor.watchSpans({
    ...{ ms, traceId, signal: whenGone(response) },
    onBegun: (silent) => write({ type: 'begun', silent: silent.flatMap((id) => slots.get(id) ?? []) }),
    onReport: (from, report) => write({ type: 'seen', ...ofWorker(from, report) }),
  });
  response.end();
}

function ofWorker({ slot, pid }: { slot: number; pid: number }, report: SpanWatchReport): WatchedWorker {
  const { watch: _, ...seen } = report;
  return { slot, pid, ...seen };
}

function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function millisecondsOf(query: URLSearchParams): number {
  const text = query.get('seconds') ?? '10';
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= LONGEST) return Number(text) * 1_000;
  throw bad(`seconds is ${JSON.stringify(text)}, and may be ${LONGEST} at most`);
}

function bad(why: string): KfError {
  return new KfError('BAD_REQUEST', 'the call is not understood', why);
}
