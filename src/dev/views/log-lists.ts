import { readFilter } from '../filter/filter.js';
import { logTest } from '../filter/match-logs.js';
import type { LogList, LogRow } from '../page-api.js';
import type { Feed, Slice } from '../server/page-data.js';
import type { LogSegment } from '../store/log-segment.js';
import type { TelemetryStore } from '../store/telemetry-store.js';

interface Place {
  readonly segment: LogSegment;
  readonly row: number;
  readonly order: number;
}

/** The newest records that fit, newest last. @throws BadFilter */
export function listLogs(store: TelemetryStore, { filter, before, limit }: Slice): LogList {
  const bound = before === undefined ? Number.POSITIVE_INFINITY : Number(before);
  const found = find(store, filter, (order) => order < bound);
  return { rows: found.slice(-limit).map(logRow), more: found.length > limit };
}

const FIRST = 200;
const MOST_NEW = 500;

/** The newest records, then those that come. @throws BadFilter */
export function followLogs(store: TelemetryStore, filter: string): Feed {
  readFilter(filter);
  let sent = -1;
  let isFirst = true;
  return {
    next: () => {
      const found = find(store, filter, (order) => order > sent).slice(isFirst ? -FIRST : -MOST_NEW);
      sent = found.at(-1)?.order ?? sent;
      const none = found.length === 0 && !isFirst;
      isFirst = false;
      return none ? undefined : { type: 'logs', rows: found.map(logRow) };
    },
    close: () => undefined,
  };
}

/** Of one trace, by time. */
export function logsOf(store: TelemetryStore, traceId: string): LogRow[] {
  const id = Buffer.from(traceId, 'hex');
  const found: Place[] = [];
  for (const segment of store.logSegments()) {
    for (let row = 0; row < segment.size; row++) {
      if (segment.isOf(row, id)) found.push({ segment, row, order: segment.at[row] ?? 0 });
    }
  }
  return found.sort((a, b) => a.order - b.order).map(logRow);
}

function find(store: TelemetryStore, filter: string, within: (order: number) => boolean): Place[] {
  const terms = readFilter(filter);
  const found: Place[] = [];
  for (const segment of store.logSegments()) {
    if (!within(segment.order[0] ?? 0) && !within(segment.order[segment.size - 1] ?? 0)) continue;
    const fits = logTest(segment, terms);
    for (let row = 0; row < segment.size; row++) {
      const order = segment.order[row] ?? 0;
      if (within(order) && fits(row)) found.push({ segment, row, order });
    }
  }
  return found.sort((a, b) => a.order - b.order);
}

function logRow({ segment, row }: Place): LogRow {
  const { service, worker } = segment.originOf(row);
  const traceId = segment.traceId(row);
  const spanId = segment.spanId(row);
  const severityNumber = segment.severity[row] ?? 0;
  return {
    cursor: String(segment.order[row]),
    at: segment.at[row] ?? 0,
    severity: segment.texts.text(segment.severityText[row] ?? 0) || severityName(severityNumber),
    severityNumber,
    body: segment.texts.text(segment.body[row] ?? 0),
    worker,
    service,
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    attributes: segment.attributes.read(row),
  };
}

const NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function severityName(number: number): string {
  return number === 0 ? '' : (NAMES[Math.min(5, Math.floor((number - 1) / 4))] ?? '');
}
