import { BadFilter } from '../../src/dev/filter/bad-filter.js';
import { SPAN_KINDS, STATUS_CODES } from '../../src/dev/model.js';
import type { Session, StreamMessage, Topic, TraceDetail } from '../../src/dev/page-api.js';
import type { PageData } from '../../src/dev/server/page-data.js';
import type { TraceInColumns } from '../../src/dev/views/trace-detail.js';
import { sampleSession } from '../dev/page/sample-session.js';

/** The same session whenever it is asked for, with `more` traces besides; a filter with a `!` in it is refused. */
export function sampleData(session: Session = sampleSession(), more: readonly TraceDetail[] = []): PageData {
  const details = new Map([...session.details, ...more].map((one) => [one.traceId, one]));
  return {
    hello: () => session.hello,
    feed: (topic, filter) => {
      if (filter.includes('!')) throw new BadFilter(filter.indexOf('!'), 'there is no sign !', 'Take it away.');
      let message: StreamMessage | undefined = messageOf(session, topic);
      return {
        next: () => {
          const once = message;
          message = undefined;
          return once;
        },
        close: () => undefined,
      };
    },
    traces: () => ({ rows: [], more: false, tookMs: 0 }),
    trace: (traceId) => details.get(traceId),
    traceColumns: (traceId) => {
      const detail = details.get(traceId);
      return detail && columnsOf(detail);
    },
    logs: () => ({ rows: [], more: false }),
    otlp: () => [],
    session: () => session,
    import: async () => ({ spans: 0, logs: 0, metrics: 0 }),
  };
}

const messageOf = (session: Session, topic: Topic): StreamMessage => MESSAGES[topic](session);

const MESSAGES = {
  now: ({ now }) => ({ type: 'now', now }),
  traces: ({ traces: rows }) => ({ type: 'traces', rows }),
  routes: ({ routes }) => ({ type: 'routes', routes }),
  errors: ({ errors: groups }) => ({ type: 'errors', groups }),
  map: ({ nodes, edges }) => ({ type: 'map', nodes, edges }),
  logs: ({ logs: rows }) => ({ type: 'logs', rows }),
  metrics: ({ metrics }) => ({ type: 'metrics', metrics }),
  supervisor: ({ supervisor }) => ({ type: 'supervisor', supervisor }),
  lints: ({ lints }) => ({ type: 'lints', lints }),
} satisfies Record<Topic, (session: Session) => StreamMessage>;

function columnsOf({ traceId, logs, missing, spans }: TraceDetail): TraceInColumns {
  const places = new Map(spans.map(({ spanId }, place) => [spanId, place]));
  const all = spans.map((_, place) => place);
  const from = Math.min(...spans.map(({ start }) => start));
  const frame = {
    traceId,
    logs,
    missing,
    names: spans.map(({ name }) => name),
    senders: spans.map(({ service, worker }) => ({ service, worker })),
    spanId: spans.map(({ spanId }) => spanId),
    parent: spans.map(({ parentId }) => (parentId === undefined ? -1 : (places.get(parentId) ?? parentId))),
    depth: spans.map(({ depth }) => depth),
    name: all,
    kind: spans.map(({ kind }) => SPAN_KINDS.lastIndexOf(kind)),
    status: spans.map(({ status }) => STATUS_CODES.indexOf(status)),
    sender: all,
    from,
    start: spans.map(({ start }) => Math.round((start - from) * 1000)),
    duration: spans.map(({ duration }) => duration),
    rare: spans.map(
      ({ statusMessage, events, links }, place) =>
        [place, { events, links, ...(statusMessage !== undefined && { statusMessage }) }] as const,
    ),
    repeated: spans.flatMap(({ repeated }) =>
      repeated === undefined ? [] : [repeated.spanIds.flatMap((id) => places.get(id) ?? [])],
    ),
  };
  const attributes = spans.flatMap((span) => span.attributes);
  return {
    frame,
    attributes: () => ({
      keys: attributes.map(([key, , type]) => [key, type] as const),
      texts: attributes.map(([, text]) => text),
      attributeCount: spans.map((span) => span.attributes.length),
      attributes: attributes.flatMap((_, index) => [index, index]),
    }),
  };
}
