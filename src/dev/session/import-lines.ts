import { decodeTraces } from '../decode.js';
import { decodeLogs, decodeMetrics } from '../decode-others.js';
import type { LogEntry, MetricEntry, SpanRecord } from '../model.js';
import type { ImportResult } from '../page-api.js';
import { MalformedRequest } from '../scalars.js';

/** Of one line, in bytes: what one request may have. */
const LONGEST_LINE = 16 << 20;
const NEWLINE = 10;

/** What takes the items of an imported session. */
interface ImportSink {
  spans(spans: readonly SpanRecord[]): void;
  logs(entries: readonly LogEntry[]): void;
  metrics(entries: readonly MetricEntry[]): void;
}

/**
 * Reads a session: OTLP requests in JSON, one a line, a line at a time. What stands before a line that cannot be read is taken.
 *
 * @throws MalformedRequest, HeavyRequest
 */
export async function importLines(chunks: AsyncIterable<Buffer>, sink: ImportSink): Promise<ImportResult> {
  const count = { spans: 0, logs: 0, metrics: 0 };
  let line = 0;
  let rest: Buffer[] = [];
  let size = 0;
  const take = (end: Buffer) => {
    const text = Buffer.concat([...rest, end]);
    rest = [];
    size = 0;
    line += 1;
    if (text.length > 0 && text.some((byte) => byte > 32)) importLine(text, line, sink, count);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      from = at + 1;
    }
    size += chunk.length - from;
    if (size > LONGEST_LINE) throw new MalformedRequest(`line ${line + 1} is longer than ${LONGEST_LINE} bytes`);
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  take(Buffer.alloc(0));
  return count;
}

type Count = { -readonly [K in keyof ImportResult]: ImportResult[K] };

function importLine(text: Buffer, line: number, sink: ImportSink, count: Count): void {
  try {
    const start = text.toString('latin1', 0, 4_096);
    const named = /"resource(Spans|Logs|Metrics)"/.exec(start)?.[1];
    if (named === undefined)
      throw new MalformedRequest('no OTLP request: it has none of resourceSpans, -Logs, -Metrics');
    // A request may have all three; one that has not is decoded once.
    const has = (name: string) => text.includes(`"resource${name}"`);
    if (has('Spans')) {
      const spans = decodeTraces(text, 'json');
      count.spans += spans.length;
      sink.spans(spans);
    }
    if (has('Logs')) {
      const logs = decodeLogs(text, 'json');
      count.logs += logs.length;
      sink.logs(logs);
    }
    if (has('Metrics')) {
      const metrics = decodeMetrics(text, 'json');
      count.metrics += metrics.length;
      sink.metrics(metrics);
    }
  } catch (error) {
    if (error instanceof MalformedRequest)
      throw new MalformedRequest(`line ${line}: ${error.message}`, { cause: error });
    throw error;
  }
}
