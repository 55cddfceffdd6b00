import type {
  Attribute,
  LogRow,
  NowView,
  Red,
  Session,
  SpanNode,
  SupervisorView,
  TraceDetail,
  TraceRow,
} from '../../../src/dev/page-api.js';

/** What a browser would run if it were ever taken for markup. */
export const MARKUP = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';

const START = Date.parse('2026-11-26T12:00:00Z');
const SLOTS = [0, 1, 2, 3];
const SECONDS = Array.from({ length: 300 }, (_, at) => START + at * 1000);
const RELOAD_AT = START + 150_000;

/** A session with something in each view, of four workers and one reload. The same each time. */
export function sampleSession(): Session {
  const details = Array.from({ length: 40 }, (_, at) => sampleTrace(at, 12));
  return {
    hello: {
      app: 'shop',
      version: '0.1.0',
      startedAt: START,
      listenOnly: false,
      held: { spans: 480, logs: 40, bytes: 120_000, capBytes: 128e6 },
      evicted: { spans: 0, logs: 0 },
    },
    now: nowView(),
    traces: details.map((detail, at) => traceRow(detail, at)),
    details,
    routes: [route('/cart'), route(`/${MARKUP}`)],
    errors: [
      {
        key: 'TypeError cart.js',
        type: 'TypeError',
        message: `no such item ${MARKUP}`,
        frame: 'priceOf (cart.js:12:9)',
        count: 7,
        first: START,
        last: START + 90_000,
        workers: [0, 2],
        routes: ['/cart'],
        traceIds: [traceIdOf(3)],
        stack: `TypeError: no such item ${MARKUP}\n    at priceOf (cart.js:12:9)`,
      },
    ],
    nodes: [
      { id: 'client', label: 'clients', kind: 'client', rate: 20, errors: 0 },
      { id: 'shop', label: 'shop', kind: 'service', rate: 20, errors: 0.02 },
      { id: 'db', label: `postgresql ${MARKUP}`, kind: 'database', rate: 90, errors: 0 },
      { id: 'pay', label: 'pay.example', kind: 'http', rate: 5, errors: 0.1 },
    ],
    edges: [
      { from: 'client', to: 'shop', rate: 20, errors: 0.02, p95: 31 },
      { from: 'shop', to: 'db', rate: 90, errors: 0, p95: 2.4 },
      { from: 'shop', to: 'pay', rate: 5, errors: 0.1, p95: 120 },
    ],
    logs: details.flatMap(({ logs }) => logs),
    metrics: metrics(),
    supervisor: supervisorView(),
    lints: [
      {
        id: 'high-cardinality',
        severity: 'warning',
        what: 'A span name has an id in it',
        why: 'Each id makes a series of its own.',
        fix: 'Name the span after its route.',
        examples: [`GET /cart/123${MARKUP}`],
      },
    ],
  };
}

/** A trace with an error, a missing parent, an N+1, events and logs; `queries` more spans that are alike. */
export function sampleTrace(at: number, queries: number): TraceDetail {
  const traceId = traceIdOf(at);
  const worker = { slot: at % 4, generation: at < 20 ? 1 : 2, pid: 4000 + (at % 4) };
  const start = START + at * 5000;
  const span = (id: number, more: Partial<SpanNode>): SpanNode => ({
    spanId: id.toString(16).padStart(16, '0'),
    depth: 1,
    name: 'SELECT items',
    kind: 'client',
    service: 'shop',
    worker,
    start: start + id,
    duration: 0.8,
    status: 'unset',
    attributes: ATTRIBUTES,
    events: [],
    links: [],
    ...more,
  });
  const failed = at % 5 === 3;
  const root = span(1, {
    depth: 0,
    name: at === 0 ? `GET ${MARKUP}` : 'GET /cart',
    kind: 'server',
    start,
    duration: 20 + queries + (at % 7) * 3,
    status: failed ? 'error' : 'unset',
    ...(failed && { statusMessage: `no such item ${MARKUP}` }),
    events: failed ? [{ at: start + 4, name: `exception ${MARKUP}`, attributes: ATTRIBUTES }] : [],
  });
  const many = Array.from({ length: queries }, (_, index) => span(index + 2, { parentId: root.spanId }));
  const spanIds = many.map(({ spanId }) => spanId);
  const first = many[0];
  if (first) many[0] = { ...first, repeated: { count: queries, total: queries * 0.8, spanIds } };
  const orphan = span(queries + 2, { name: 'render', kind: 'internal', depth: 0, parentId: 'ff00000000000000' });
  return {
    traceId,
    spans: [root, ...many, orphan],
    logs: [log(at, { traceId, spanId: root.spanId, worker, at: start + 2 })],
    missing: [{ spanId: 'ff00000000000000', reason: 'its worker was killed before it was sent' }],
  };
}

const ATTRIBUTES: readonly Attribute[] = [
  ['http.response.status_code', '200', 'number'],
  [`key ${MARKUP}`, `value ${MARKUP}`, 'string'],
];

export const traceIdOf = (at: number) => (at + 1).toString(16).padStart(32, '0');

function traceRow({ traceId, spans }: TraceDetail, at: number): TraceRow {
  const [root] = spans;
  if (root === undefined) throw new Error('a trace has a span');
  const failed = root.status === 'error';
  return {
    traceId,
    cursor: String(at).padStart(8, '0'),
    start: root.start,
    duration: root.duration,
    name: root.name,
    service: 'shop',
    route: '/cart',
    status: failed ? 500 : 200,
    spans: spans.length,
    errors: failed ? 1 : 0,
    worker: root.worker,
    probe: at % 10 === 9,
  };
}

function log(at: number, more: Partial<LogRow>): LogRow {
  return {
    cursor: `log ${at}`,
    at: START,
    severity: at % 4 === 0 ? 'ERROR' : 'INFO',
    severityNumber: at % 4 === 0 ? 17 : 9,
    body: at === 1 ? `cart opened ${MARKUP}` : 'cart opened',
    worker: {},
    service: 'shop',
    attributes: ATTRIBUTES,
    ...more,
  };
}

function nowView(): NowView {
  const wave = (slot: number, base: number) => SECONDS.map((_, at) => base + Math.sin(at / 20 + slot) * base * 0.3);
  return {
    seconds: SECONDS,
    lanes: SLOTS.map((slot) => ({
      slot,
      phases: [
        { from: START, to: RELOAD_AT, phase: 'ready', worker: { slot, generation: 1, pid: 4000 + slot } },
        { from: RELOAD_AT, to: RELOAD_AT + 9000, phase: 'booting', worker: { slot, generation: 2, pid: 5000 + slot } },
        {
          from: RELOAD_AT + 9000,
          phase: slot === 3 ? 'hung' : 'ready',
          worker: { slot, generation: 2, pid: 5000 + slot },
        },
      ],
      requests: wave(slot, 5),
      p50: wave(slot, 8),
      p95: wave(slot, slot === 3 ? 90 : 30),
      p99: wave(slot, 45),
      loopDelay: SECONDS.map((_, at) => (at % 50 === 0 ? null : 2)),
      memory: wave(slot, 80e6),
    })),
    marks: [
      { at: RELOAD_AT, kind: 'reload', text: 'generation 2' },
      { at: START + 200_000, kind: 'crash', text: `worker 1 ${MARKUP}` },
    ],
  };
}

function route(path: string): Session['routes'][number] {
  const slower: Red = { ...RED, p95: 80 };
  return {
    service: 'shop',
    method: 'GET',
    route: path,
    all: RED,
    byWorker: SLOTS.map((slot) => ({ slot, red: RED })),
    byGeneration: [
      { generation: 1, red: RED },
      { generation: 2, red: slower },
    ],
    regression: { what: 'slower', from: 30, to: 80 },
  };
}

const RED: Red = {
  count: 1200,
  rate: 4.2,
  errors: 0.02,
  p50: 8,
  p95: 30,
  p99: 45,
  buckets: [0, 0, 10, 300, 600, 200, 80, 10, 0, 0, 0, 0, 0, 0, 0],
};

function metrics(): Session['metrics'] {
  const points = SECONDS.filter((_, at) => at % 10 === 0).map((at, index) => [at, index * 3] as const);
  return [
    {
      name: 'http.server.request.duration',
      unit: 's',
      description: 'Duration of HTTP server requests.',
      kind: 'histogram',
      series: SLOTS.map((slot) => ({
        worker: { slot, generation: 2, pid: 5000 + slot },
        attributes: [['http.route', `/cart ${MARKUP}`, 'string'] as const],
        points,
        histogram: { bounds: [0.005, 0.01, 0.05, 0.1, 1], counts: [3, 40, 120, 20, 4, 1], sum: 5.2, count: 188 },
      })),
    },
    {
      name: 'process.memory.usage',
      unit: 'By',
      description: '',
      kind: 'gauge',
      series: SLOTS.map((slot) => ({ worker: { slot, generation: 2 }, attributes: [], points })),
    },
  ];
}

function supervisorView(): SupervisorView {
  return {
    phase: 'running',
    workers: SLOTS.map((slot) => ({
      worker: { slot, generation: 2, pid: 5000 + slot },
      phase: slot === 3 ? 'hung' : 'ready',
      since: RELOAD_AT,
      restarts: slot,
    })),
    events: [
      { at: START, level: 'info', name: 'ready', text: '4 workers' },
      { at: RELOAD_AT, level: 'error', name: 'exited', text: `code 1 ${MARKUP}`, worker: { slot: 1, generation: 1 } },
    ],
    reloads: [
      { at: RELOAD_AT, took: 9000, outcome: 'done', canary: 'worker 0 was ready after 900 ms', text: 'generation 2' },
      { at: RELOAD_AT + 60_000, took: 2000, outcome: 'rolled-back', text: `the canary threw ${MARKUP}` },
    ],
    hangs: [
      {
        at: RELOAD_AT + 70_000,
        worker: { slot: 3, generation: 2, pid: 5003 },
        stack: `at spin (app.js:9:3)\nat ${MARKUP}`,
        until: RELOAD_AT + 72_000,
        killed: false,
        waiting: ['GET /cart', `GET /${MARKUP}`],
      },
    ],
    account: {
      ended: 480,
      received: 470,
      dropped: [{ cause: 'queue full', count: 4 }],
      held: 6,
      unaccounted: { count: 0, workers: [] },
      balanced: true,
    },
  };
}
