import { explainTrace } from './explain-trace.js';
import { BadQuestion, type Source } from './source.js';

/** What an assistant may ask. Nothing here changes anything. */
interface Tool {
  readonly description: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  answer(source: Source, given: Readonly<Record<string, unknown>>): Promise<string>;
}

interface Parameter {
  readonly type: 'string' | 'integer';
  readonly description: string;
  readonly required?: true;
}

const TRACE_ID = { type: 'string', description: '32 hex digits', required: true } as const;
const FILTER =
  'as on the page: route:/pay dur>50ms worker:2 gen:3 error status:5xx service:shop name:"SELECT 1" key=value text; - before a term means not';
const MOST_ROWS = 200;
const ROWS = 20;

export const TOOLS: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  [
    'traces',
    {
      description: 'The newest traces that fit a filter: name, route, status, duration, worker, errors. Newest last.',
      parameters: {
        filter: { type: 'string', description: FILTER },
        limit: { type: 'integer', description: `at most ${MOST_ROWS}; default ${ROWS}` },
      },
      answer: async (source, { filter, limit }) => {
        const most = typeof limit === 'number' && limit >= 1 ? Math.min(Math.floor(limit), MOST_ROWS) : ROWS;
        return asJson(await source.traces(typeof filter === 'string' ? filter : '', most));
      },
    },
  ],
  [
    'trace',
    {
      description: 'All spans of a trace, in the order of the waterfall, with attributes, events and log records.',
      parameters: { traceId: TRACE_ID },
      answer: async (source, { traceId }) => asJson(await traceOf(source, traceId)),
    },
  ],
  [
    'explain_trace',
    {
      description:
        'A trace in words: where its time went, what failed, what repeats (N+1), which parents are missing and why.',
      parameters: { traceId: TRACE_ID },
      answer: async (source, { traceId }) => explainTrace(await traceOf(source, traceId)),
    },
  ],
  [
    'routes',
    {
      description:
        'Rate, share of errors and durations of each route, by worker and by generation; `regression` where the newest generation is worse.',
      parameters: {},
      answer: async (source) => asJson((await source.view('routes')).routes),
    },
  ],
  [
    'errors',
    {
      description:
        "Errors grouped by type and topmost frame of the app's own code, with the ids of traces that show them.",
      parameters: {},
      answer: async (source) => asJson((await source.view('errors')).groups),
    },
  ],
  [
    'lints',
    {
      description:
        'What is wrong with the spans as such: missing routes, broken traces, ids in names; why, and what to do.',
      parameters: {},
      answer: async (source) => asJson((await source.view('lints')).lints),
    },
  ],
  [
    'supervisor',
    {
      description: 'Workers, reloads, exits, blocked event loops with their stacks, and the account of spans.',
      parameters: {},
      answer: async (source) => asJson((await source.view('supervisor')).supervisor),
    },
  ],
]);

async function traceOf(source: Source, given: unknown) {
  const traceId = String(given).toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(traceId)) throw new BadQuestion('traceId must be 32 hex digits');
  const trace = await source.trace(traceId);
  if (trace === undefined) throw new BadQuestion(`trace ${traceId} is not held; it may have been evicted`);
  return trace;
}

/** More than an assistant reads at once. */
const LONGEST = 100_000;

function asJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (cut: ${text.length} characters; ask for less)`;
}
