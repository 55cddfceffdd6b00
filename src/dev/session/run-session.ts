import type { MetricEntry, SpanRecord } from '../model.js';
import type { Hello, LintRow, StreamMessage, Topic, WorkerRef } from '../page-api.js';
import type { Feed, PageData } from '../server/page-data.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import type { SupervisorEvent } from '../supervisor-events.js';
import { createErrors } from '../views/error-groups.js';
import { createLintRows } from '../views/lint-rows.js';
import { followLogs, listLogs } from '../views/log-lists.js';
import { createMetrics } from '../views/metrics.js';
import { createNow } from '../views/now.js';
import { createRoutes } from '../views/route-stats.js';
import { createServiceMap } from '../views/service-map.js';
import { createSupervisorLog } from '../views/supervisor-log.js';
import { traceColumns, traceDetail } from '../views/trace-detail.js';
import { followTraces, listTraces } from '../views/trace-lists.js';
import { importLines } from './import-lines.js';
import { otlpLines } from './otlp-lines.js';
import { missingReason, waitingRequests } from './supervisor-joins.js';
import { wholeSession } from './whole-session.js';

/** Everything that a run of `dev` knows, and every view of it. */
export interface RunSession extends PageData {
  addMetrics(entries: readonly MetricEntry[]): void;
  /** The spans of a trace that is complete. */
  traceFinished(spans: readonly SpanRecord[]): void;
  supervisor(event: SupervisorEvent): void;
  /** What is wrong with the spans, when no more are to come. */
  lints(): readonly LintRow[];
}

interface SessionParts {
  readonly store: TelemetryStore;
  readonly about: Pick<Hello, 'app' | 'version' | 'startedAt' | 'listenOnly'>;
  /** Spans that came from workers, each once. */
  received(): number;
}

export function createSession({ store, about, received }: SessionParts): RunSession {
  const views = createViews(store);
  const { now, routes, errors, map, metrics, lints, supervisor } = views;
  const waiting = (worker: WorkerRef, from: number, to: number) => waitingRequests(store, worker, from, to);
  const session: RunSession = {
    hello: () => ({ ...about, held: store.held, evicted: { ...store.evicted } }),
    feed: (topic, filter) => feeds[topic](filter),
    traces: (slice) => listTraces(store, slice),
    trace: (traceId) => {
      const columns = session.traceColumns(traceId);
      return columns && traceDetail(columns);
    },
    traceColumns: (traceId) => {
      const trace = store.traces.get(traceId);
      return trace && traceColumns(store, trace, missingReason(store, supervisor));
    },
    logs: (slice) => listLogs(store, slice),
    otlp: () => otlpLines(store),
    session: () => wholeSession(session, store),
    import: (chunks) =>
      importLines(chunks, {
        spans: (spans) => session.traceFinished(store.addSpans(spans)),
        logs: (entries) => store.addLogs(entries),
        metrics: (entries) => session.addMetrics(entries),
      }),
    addMetrics: (entries) => metrics.add(entries, ({ resource }) => store.origins.of(resource)),
    traceFinished: (spans) => map.add(spans),
    supervisor: (event) => {
      supervisor.add(event);
      if (event.type === 'sample') lints.dropped(event.sample.account.dropped);
    },
    lints: () => lints.rows(),
  };
  const feeds = {
    now: () => always(() => ({ type: 'now', now: now.read() })),
    traces: (filter) => followTraces(store, filter),
    routes: () => always(() => ({ type: 'routes', routes: routes.rows() })),
    errors: () => always(() => ({ type: 'errors', groups: errors.groups() })),
    map: () => always(() => ({ type: 'map', ...map.read() })),
    logs: (filter) => followLogs(store, filter),
    metrics: () =>
      changed(
        () => metrics.version,
        () => ({ type: 'metrics', metrics: metrics.views() }),
      ),
    supervisor: () => always(() => ({ type: 'supervisor', supervisor: supervisor.read(received(), waiting) })),
    lints: () => always(() => ({ type: 'lints', lints: lints.rows(Date.now()) })),
  } satisfies Record<Topic, (filter: string) => Feed>;
  return session;
}

function createViews(store: TelemetryStore) {
  const now = createNow();
  const [routes, errors, lints, metrics] = [createRoutes(), createErrors(), createLintRows(), createMetrics()];
  store.listen({
    onSpan: (span, origin, trace) => {
      now.addSpan(span, origin);
      routes.add(span, origin);
      errors.addSpan(span, origin);
      lints.add(span, origin, trace);
    },
    onLog: (entry, origin) => errors.addLog(entry, origin),
  });
  return {
    now,
    routes,
    errors,
    lints,
    metrics,
    map: createServiceMap(store.origins),
    supervisor: createSupervisorLog(now),
  };
}

/** A view that moves with time: what is the same as before is not sent again. */
function always(read: () => StreamMessage): Feed {
  let sent = '';
  return {
    next: () => {
      const message = read();
      const text = JSON.stringify(message);
      if (text === sent) return undefined;
      sent = text;
      return message;
    },
    close: () => undefined,
  };
}

function changed(version: () => number, read: () => StreamMessage): Feed {
  let sent: number | undefined;
  return {
    next: () => {
      if (sent === version()) return undefined;
      sent = version();
      return read();
    },
    close: () => undefined,
  };
}
