import { batch, signal } from '@preact/signals';
import type {
  ErrorGroup,
  Hello,
  LintRow,
  LogRow,
  MapEdge,
  MapNode,
  Mark,
  MetricView,
  NowView,
  RouteRow,
  StreamMessage,
  SupervisorView,
  TraceRow,
} from './contract.js';
import { mergeRows } from './rows.js';

/** The newest of each topic; undefined until its first message. */
export const hello = signal<Hello | undefined>(undefined);
export const now = signal<NowView | undefined>(undefined);
export const traces = signal<readonly TraceRow[] | undefined>(undefined);
export const routes = signal<readonly RouteRow[] | undefined>(undefined);
export const errors = signal<readonly ErrorGroup[] | undefined>(undefined);
export const map = signal<{ nodes: readonly MapNode[]; edges: readonly MapEdge[] } | undefined>(undefined);
export const logs = signal<readonly LogRow[] | undefined>(undefined);
export const metrics = signal<readonly MetricView[] | undefined>(undefined);
export const supervisor = signal<SupervisorView | undefined>(undefined);
export const lints = signal<readonly LintRow[] | undefined>(undefined);
/** What is wrong with the filter that was asked for. */
export const refusal = signal<{ at: number; what: string; fix: string } | undefined>(undefined);
/** Reloads and the like, for the charts of every view. */
export const marks = signal<readonly Mark[]>([]);

/** Rows that the page keeps of a live tail; older ones are a request away. */
const KEPT_ROWS = 2000;

type Handlers = { [T in StreamMessage['type']]: (message: Extract<StreamMessage, { type: T }>) => void };

const HANDLERS = {
  hello: (message) => {
    const another = hello.value !== undefined && hello.value.startedAt !== message.hello.startedAt;
    if (another) forget();
    hello.value = message.hello;
    // What has no rows yet is sent none: from here on it is empty, not unknown.
    for (const one of [traces, routes, errors, logs, metrics, lints]) one.value ??= [];
    map.value ??= { nodes: [], edges: [] };
  },
  now: (message) => {
    now.value = message.now;
    marks.value = message.now.marks;
  },
  traces: ({ rows }) => {
    traces.value = mergeRows(traces.value ?? [], rows, (row) => row.traceId, KEPT_ROWS);
  },
  routes: (message) => {
    routes.value = message.routes;
  },
  errors: ({ groups }) => {
    errors.value = groups;
  },
  map: ({ nodes, edges }) => {
    map.value = { nodes, edges };
  },
  logs: ({ rows }) => {
    logs.value = mergeRows(logs.value ?? [], rows, (row) => row.cursor, KEPT_ROWS);
  },
  metrics: (message) => {
    metrics.value = message.metrics;
  },
  supervisor: (message) => {
    supervisor.value = message.supervisor;
  },
  lints: (message) => {
    lints.value = message.lints;
  },
  'filter-refused': ({ at, what, fix }) => {
    refusal.value = { at, what, fix };
  },
  alive: () => undefined,
} satisfies Handlers;

export function take(message: StreamMessage): void {
  const handle = HANDLERS[message.type] as ((message: StreamMessage) => void) | undefined;
  batch(() => handle?.(message));
}

/** Another filter, or another run of the helper: the rows held are not what is asked for. */
export function forgetRows(): void {
  batch(() => {
    traces.value = undefined;
    logs.value = undefined;
    refusal.value = undefined;
  });
}

function forget(): void {
  batch(() => {
    forgetRows();
    for (const one of [now, routes, errors, map, metrics, supervisor, lints]) one.value = undefined;
    marks.value = [];
  });
}
