import type { Hello, Topic } from '../page-api.js';
import type { Feed, PageData } from '../server/page-data.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import { followLogs, listLogs } from './log-lists.js';
import { traceDetail } from './trace-detail.js';
import { followTraces, listTraces } from './trace-lists.js';

export interface SessionDataParts {
  readonly store: TelemetryStore;
  readonly about: Pick<Hello, 'app' | 'version' | 'startedAt' | 'listenOnly'>;
}

/** All views of one session. */
export function sessionData({ store, about }: SessionDataParts): PageData {
  const feeds: Partial<Record<Topic, (filter: string) => Feed>> = {
    traces: (filter) => followTraces(store, filter),
    logs: (filter) => followLogs(store, filter),
  };
  return {
    hello: () => ({ ...about, held: store.held, evicted: { ...store.evicted } }),
    feed: (topic, filter) => feeds[topic]?.(filter) ?? NOTHING,
    traces: (slice) => listTraces(store, slice),
    trace: (traceId) => {
      const trace = store.traces.get(traceId);
      return trace && traceDetail(store, trace, () => 'its span has not come');
    },
    logs: (slice) => listLogs(store, slice),
  };
}

const NOTHING: Feed = { next: () => undefined, close: () => undefined };
