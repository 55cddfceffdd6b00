import { paint } from '../contract/color.js';
import { counted } from '../contract/counted.js';
import type { Attributes, SpanRecord } from './model.js';
import { countOf as numberOf, shown, textOf } from './text.js';

/** The span that stands for its trace, and how many spans came with it. */
export interface FinishedTrace {
  readonly entry: SpanRecord;
  readonly spans: readonly SpanRecord[];
}

/** `worker 2  GET /rolldice 200  1.9 ms  2 spans  trace 4bf92f35…`, red with the exception when it failed. */
export function renderTrace(trace: FinishedTrace, color: boolean): string {
  const { entry, spans } = trace;
  const failure = failureOf(entry, spans);
  const parts = [
    workerOf(entry),
    whatOf(entry),
    `${(Number(entry.endNs - entry.startNs) / 1e6).toFixed(1)} ms`,
    counted(spans.length, 'span'),
    `trace ${entry.traceId.slice(0, 8)}…`,
    ...(failure === undefined || failure === '' ? [] : [failure]),
  ];
  return paint(parts.map(shown).join('  '), 'red', color && failure !== undefined);
}

/** What is said of spans that came after their trace was printed. */
export function renderAddendum(spans: readonly SpanRecord[], color: boolean): string {
  const [first] = spans;
  if (first === undefined) return '';
  const failure = failureOf(undefined, spans);
  const parts = [workerOf(first), `+${counted(spans.length, 'span')} late`, `trace ${first.traceId.slice(0, 8)}…`];
  const text = [...parts, ...(failure ? [failure] : [])].map(shown).join('  ');
  return paint(text, failure === undefined ? 'dim' : 'red', color);
}

/** Of a span of ours about a worker, such as its exit, that one: another one has sent it. */
function workerOf({ name, resource, attributes: own }: SpanRecord): string {
  const { attributes } = resource;
  const about = name.startsWith('kf.') ? numberOf(own['kf.worker.slot']) : undefined;
  const slot = about ?? numberOf(attributes['kf.worker.slot']);
  return slot === undefined ? (textOf(attributes['service.name']) ?? 'unknown sender') : `worker ${slot}`;
}

/** Both the stable HTTP attributes and the ones before them; any other span goes by its name. */
function whatOf(span: SpanRecord): string {
  const method = first(span.attributes, 'http.request.method', 'http.method');
  if (method === undefined) return span.name;
  const path = first(span.attributes, 'http.route', 'url.path', 'http.target', 'url.full', 'http.url');
  const target = path === undefined ? span.name : `${method} ${path.split('?')[0]}`;
  const status = statusOf(span);
  return status === undefined ? target : `${target} ${status}`;
}

function statusOf(span: SpanRecord): string | undefined {
  return first(span.attributes, 'http.response.status_code', 'http.status_code');
}

/**
 * Undefined: the trace did not fail. It failed when its entry did, by status or by a 5xx; the text is its first
 * exception, a handled one inside a request that went well is not a failure.
 */
function failureOf(entry: SpanRecord | undefined, spans: readonly SpanRecord[]): string | undefined {
  const failed = entry === undefined ? spans.filter(hasFailed) : hasFailed(entry) ? [entry] : [];
  if (failed.length === 0) return undefined;
  const exception = spans
    .flatMap((span) => span.events)
    .filter((event) => event.name === 'exception')
    .sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1))[0];
  if (exception !== undefined) {
    const type = first(exception.attributes, 'exception.type');
    const message = first(exception.attributes, 'exception.message');
    return [type, message].filter((part) => part !== undefined).join(': ');
  }
  const [span] = failed;
  return span?.status.message || first(span?.attributes ?? {}, 'error.type', 'http.error_name') || '';
}

function hasFailed(span: SpanRecord): boolean {
  return span.status.code === 'error' || Number(statusOf(span) ?? 0) >= 500;
}

function first(attributes: Attributes, ...names: readonly string[]): string | undefined {
  const own = names.filter((name) => Object.hasOwn(attributes, name)).map((name) => attributes[name]);
  return textOf(own.find((candidate) => candidate !== undefined));
}
