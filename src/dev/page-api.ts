// What the page of `kf-cluster dev` asks its helper process for, and what it gets: the one contract between src/dev (the
// server) and src/dev/page (the browser). No import of node here: both sides compile it.
//
// GET  /                              the page; GET /assets/NAME its script and style (no token needed, no data in them)
// GET  /api/stream?topic=T&q=FILTER   newline-delimited JSON of StreamMessage; one at a time, a new view opens a new one
// GET  /api/traces?q=FILTER&before=CURSOR&limit=N   TraceList (search and scroll back)
// GET  /api/trace/TRACE_ID            TraceDetail, 404 when it is not held; with ?as=columns a line
//                                     of TraceFrame and one of TraceAttributes (trace-columns.ts)
// GET  /api/logs?q=FILTER&before=CURSOR&limit=N     LogList
// GET  /api/export?format=otlp|html   the session as one file; the html one holds a Session as
//                                     <script type="application/json" id="session"> and needs neither server nor token
// POST /api/import                    an OTLP session (application/x-ndjson: one request in JSON a line, as exported);
//                                     answered with ImportResult
// Every /api request carries the header `authorization: Bearer TOKEN`; the token is in the page's URL fragment (#TOKEN).

import type {
  Duration,
  ErrorGroup,
  LogRow,
  MapEdge,
  MapNode,
  MetricView,
  RouteRow,
  Time,
  TraceDetail,
  TraceRow,
  WorkerRef,
} from './page-items.js';

export * from './page-items.js';

export const TOPICS = ['now', 'traces', 'routes', 'errors', 'map', 'logs', 'metrics', 'supervisor', 'lints'] as const;
export type Topic = (typeof TOPICS)[number];

export type StreamMessage =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'now'; readonly now: NowView }
  | { readonly type: 'traces'; readonly rows: readonly TraceRow[] } // new or changed since the last one, newest last
  | { readonly type: 'routes'; readonly routes: readonly RouteRow[] }
  | { readonly type: 'errors'; readonly groups: readonly ErrorGroup[] }
  | { readonly type: 'map'; readonly nodes: readonly MapNode[]; readonly edges: readonly MapEdge[] }
  | { readonly type: 'logs'; readonly rows: readonly LogRow[] }
  | { readonly type: 'metrics'; readonly metrics: readonly MetricView[] }
  | { readonly type: 'supervisor'; readonly supervisor: SupervisorView }
  | { readonly type: 'lints'; readonly lints: readonly LintRow[] }
  | { readonly type: 'filter-refused'; readonly at: number; readonly what: string; readonly fix: string }
  | { readonly type: 'alive' }; // at least every 5 s

/** Sent first on each stream, and again when the memory cap evicts. */
export interface Hello {
  readonly app: string;
  readonly version: string;
  readonly startedAt: Time;
  readonly listenOnly: boolean;
  readonly held: { readonly spans: number; readonly logs: number; readonly bytes: number; readonly capBytes: number };
  readonly evicted: { readonly spans: number; readonly logs: number };
}

/** The last five minutes, one point a second; arrays are parallel to `seconds`; NaN is sent as null. */
export interface NowView {
  readonly seconds: readonly Time[];
  readonly lanes: readonly Lane[];
  readonly marks: readonly Mark[];
}
export interface Lane {
  /** -1: all senders that are no workers of this supervisor. */
  readonly slot: number;
  readonly phases: readonly {
    readonly from: Time;
    readonly to?: Time;
    readonly phase: LanePhase;
    readonly worker: WorkerRef;
  }[];
  readonly requests: readonly number[]; // a second
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly loopDelay: readonly (number | null)[]; // p99, ms
  readonly memory: readonly (number | null)[]; // RSS, bytes
}
export type LanePhase = 'booting' | 'ready' | 'draining' | 'hung' | 'exited' | 'given up';
export interface Mark {
  readonly at: Time;
  readonly kind: 'reload' | 'rollback' | 'crash' | 'hang' | 'restart' | 'outage' | 'recovered';
  readonly text: string;
}

export interface SupervisorView {
  readonly phase: string;
  readonly workers: readonly SupervisorWorker[];
  /** Newest last. */
  readonly events: readonly {
    readonly at: Time;
    readonly level: 'info' | 'warn' | 'error';
    readonly name: string;
    readonly text: string;
    readonly worker?: WorkerRef;
  }[];
  readonly reloads: readonly {
    readonly at: Time;
    readonly took?: Duration;
    readonly outcome: 'running' | 'done' | 'rolled-back' | 'failed';
    readonly canary?: string;
    readonly text: string;
  }[];
  readonly hangs: readonly {
    readonly at: Time;
    readonly worker: WorkerRef;
    readonly stack: string;
    /** Undefined: it is blocked yet. */
    readonly until?: Time;
    /** Its worker ended without an account, and the last of its spans with it. */
    readonly killed: boolean;
    readonly waiting: readonly string[];
  }[];
  /** ended = received + dropped + held + unaccounted.count; what is not balanced is said. */
  readonly account: {
    readonly ended: number;
    readonly received: number;
    readonly dropped: readonly { readonly cause: string; readonly count: number }[];
    readonly held: number;
    /** Of workers that ended without an account: what they are known to have ended, and nobody has seen. */
    readonly unaccounted: { readonly count: number; readonly workers: readonly WorkerRef[] };
    readonly balanced: boolean;
  };
}
export interface SupervisorWorker {
  readonly worker: WorkerRef;
  readonly phase: LanePhase;
  readonly since: Time;
  readonly restarts: number;
}
export interface LintRow {
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly examples: readonly string[];
}

/** What the page shows without a server: the content of the element `session` of an exported page. */
export interface Session {
  readonly hello: Hello;
  readonly now: NowView;
  readonly traces: readonly TraceRow[];
  /** Of the newest traces, as many as fit. */
  readonly details: readonly TraceDetail[];
  readonly routes: readonly RouteRow[];
  readonly errors: readonly ErrorGroup[];
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  readonly logs: readonly LogRow[];
  readonly metrics: readonly MetricView[];
  readonly supervisor: SupervisorView;
  readonly lints: readonly LintRow[];
}
export interface ImportResult {
  readonly spans: number;
  readonly logs: number;
  readonly metrics: number;
}
/** The body of every answer that is not 2xx. */
export interface Refusal {
  readonly what: string;
  readonly fix: string;
  readonly at?: number;
}
