import type { LogRow, Session, StreamMessage, Topic, TraceRow } from './contract.js';
import { type Source, SourceError } from './source.js';

/** The session inside an exported page; nobody is asked for anything. */
export function sessionSource(session: Session): Source {
  const byId = new Map(session.details.map((trace) => [trace.traceId, trace]));
  return {
    live: false,
    follow: async ({ topic, filter }, onMessage, signal) => {
      onMessage({ type: 'hello', hello: session.hello });
      onMessage({ type: 'now', now: session.now });
      onMessage(messageOf(session, topic, filter));
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    traces: async (filter) => ({ rows: session.traces.filter((row) => isLike(row, filter)), more: false, tookMs: 0 }),
    logs: async (filter) => ({ rows: session.logs.filter((row) => isLike(row, filter)), more: false }),
    trace: async (traceId) => byId.get(traceId),
    exportAs: () => Promise.reject(new SourceError('failed', 'this page is an exported session already')),
    importFrom: () => Promise.reject(new SourceError('failed', 'an exported session takes no import')),
  };
}

function messageOf(session: Session, topic: Topic, filter: string): StreamMessage {
  switch (topic) {
    case 'now':
      return { type: 'now', now: session.now };
    case 'traces':
      return { type: 'traces', rows: session.traces.filter((row) => isLike(row, filter)) };
    case 'routes':
      return { type: 'routes', routes: session.routes };
    case 'errors':
      return { type: 'errors', groups: session.errors };
    case 'map':
      return { type: 'map', nodes: session.nodes, edges: session.edges };
    case 'logs':
      return { type: 'logs', rows: session.logs.filter((row) => isLike(row, filter)) };
    case 'metrics':
      return { type: 'metrics', metrics: session.metrics };
    case 'supervisor':
      return { type: 'supervisor', supervisor: session.supervisor };
    case 'lints':
      return { type: 'lints', lints: session.lints };
  }
}

/** Every word occurs in the row: the filter of a session is plain text. */
function isLike(row: TraceRow | LogRow, filter: string): boolean {
  const text = JSON.stringify(row).toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
