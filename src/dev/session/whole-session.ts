import { isOfType } from '../../contract/handlers.js';
import type { Session, StreamMessage, Topic, TraceDetail } from '../page-api.js';
import type { PageData } from '../server/page-data.js';
import type { TelemetryStore } from '../store/telemetry-store.js';

const MOST_TRACES = 5_000;
const MOST_LOGS = 5_000;
/** Of all details, in characters: a browser reads them at once. */
const MOST_CHARACTERS = 32 << 20;

/** What the page shows without a server. */
export function wholeSession(data: PageData, store: TelemetryStore): Session {
  const { rows } = data.traces({ filter: '', before: undefined, limit: MOST_TRACES });
  const details: TraceDetail[] = [];
  let characters = 0;
  for (const { traceId } of rows.toReversed()) {
    const detail = data.trace(traceId);
    if (detail === undefined) continue;
    characters += JSON.stringify(detail).length;
    if (characters > MOST_CHARACTERS) break;
    details.push(detail);
  }
  return {
    hello: data.hello(),
    now: latest(data, 'now').now,
    traces: rows,
    details,
    routes: latest(data, 'routes').routes,
    errors: latest(data, 'errors').groups,
    nodes: latest(data, 'map').nodes,
    edges: latest(data, 'map').edges,
    logs: store.held.logs === 0 ? [] : data.logs({ filter: '', before: undefined, limit: MOST_LOGS }).rows,
    metrics: latest(data, 'metrics').metrics,
    supervisor: latest(data, 'supervisor').supervisor,
    lints: latest(data, 'lints').lints,
  };
}

/** What a view that is opened now gets first. */
export function latest<T extends Topic>(data: PageData, topic: T): Extract<StreamMessage, { type: T }> {
  const feed = data.feed(topic, '');
  const message = feed.next();
  feed.close();
  if (message && isOfType(message, topic)) return message;
  throw new TypeError(`a view of ${topic} begins with all of it`);
}
