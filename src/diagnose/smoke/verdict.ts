import { KfError } from '../../contract/errors.js';
import type { WatchedSpan } from '../../contract/watched-span.js';
import type { Followed } from './follow.js';
import type { TraceIds } from './send-request.js';

/** What is said of a request: a line each, and the first thing that is wrong. */
interface Verdict {
  readonly lines: readonly (readonly [ok: boolean, text: string])[];
  readonly failure: KfError | undefined;
}

export function judge(followed: Followed, { spanId }: TraceIds): Verdict {
  const saw = followed.workers.filter(({ spans }) => spans.length > 0);
  if (saw.length === 0) return { lines: [], failure: unseen(followed) };
  const spans = saw.flatMap((one) => one.spans);
  const open = spans.filter(({ ended }) => !ended);
  const server = spans.find(({ kind, parentId }) => kind === 'server' && parentId === spanId) ?? ofKind(spans);
  const bad = saw.find(({ fate }) => fate !== 'acknowledged');
  const by = saw.map(({ slot, pid }) => `worker ${slot} (pid ${pid})`).join(', ');
  const route = server?.attributes['http.route'];
  const service = spans[0]!.service;
  const isNamed = service !== '' && !service.startsWith('unknown_service');
  const isOurs = server?.parentId === spanId;
  const lines = [
    [open.length === 0, `ended: ${spans.length - open.length} of ${spans.length} spans, by ${by}`],
    [!bad, `acknowledged by the collector${bad ? `: ${bad.fate}${bad.why ? `, ${bad.why}` : ''}` : ''}`],
    [server !== undefined, `SERVER span: ${server?.name ?? `none among ${kindsOf(spans)}`}`],
    [isOurs, isOurs ? "parent: the request's own" : "parent: not the request's own"],
    [route !== undefined, `route: ${route ?? 'no http.route'}`],
    [isNamed, `service: ${service || 'no name'}`],
  ] as const;
  return { lines, failure: unended(open) ?? unacknowledged(bad) ?? (server ? undefined : noServer(spans)) };
}

const ofKind = (spans: readonly WatchedSpan[]) => spans.find(({ kind }) => kind === 'server');
const kindsOf = (spans: readonly WatchedSpan[]) => [...new Set(spans.map(({ kind }) => kind))].join(', ');

/** Nobody has seen the trace: who answered, and why it made no span of it. */
function unseen({ workers, silent, served, instrumented, answered }: Followed): KfError {
  const fail = (why: string, fix: string) =>
    new KfError('NOT_TRACED', `answered with ${answered.status}, and no worker has made a span of it`, why, { fix });
  if (served === 0 && silent.length === 0)
    return fail(
      'no worker of this supervisor has got the request',
      'Check the URL and --name: another process answered.',
    );
  if (workers.length > 0 && workers.every(({ blind }) => blind))
    return fail(
      'workers have no provider with an exporter',
      'Check --no-telemetry, OTEL_SDK_DISABLED and OTEL_TRACES_EXPORTER: kf-cluster doctor.',
    );
  if (workers.some(({ seen }) => seen > 0))
    return fail(
      'the request began a trace of its own: its traceparent was not read',
      'Set OTEL_PROPAGATORS=tracecontext,baggage.',
    );
  if (!instrumented.includes('http'))
    return fail('HTTP is not instrumented', 'Check OTEL_NODE_DISABLED_INSTRUMENTATIONS and --no-auto-instrumentation.');
  const busy = silent.length > 0 ? `; slots ${silent.join(', ')} did not answer` : '';
  return fail(
    `it was not sampled, or its URL is excluded${busy}`,
    'Check OTEL_TRACES_SAMPLER (parentbased_always_on takes what callers sample) and what --instrumentations ignores.',
  );
}

function unended(open: readonly WatchedSpan[]): KfError | undefined {
  if (open.length === 0) return undefined;
  const names = open.slice(0, 3).map(({ name }) => name);
  return new KfError(
    'NOT_TRACED',
    `${open.length} spans have not ended: ${names.join(', ')}`,
    'what has not ended is not sent',
    {
      fix: "Call span.end() in a finally block; withSpan() of 'kf-cluster/tracing' does.",
    },
  );
}

function unacknowledged(bad: Followed['workers'][number] | undefined): KfError | undefined {
  if (!bad) return undefined;
  const { fate, why = 'no more is known' } = bad;
  switch (fate) {
    case 'acknowledged':
      return undefined;
    case 'open':
    case 'waiting':
      return new KfError('UNREACHABLE', 'the collector has not acknowledged the spans: they wait', why, {
        fix: 'kf-cluster doctor asks the collector and says what is wrong.',
      });
    case 'rejected':
      return new KfError('UNREACHABLE', 'the collector rejected spans', why, {
        fix: 'Its log says why: a quota, a schema, or a pipeline that is missing.',
      });
    case 'dropped':
      return new KfError('UNREACHABLE', 'spans were given up', why, { fix: 'docs/DELIVERY.md has each cause.' });
    case 'unsent':
      return new KfError('NOT_TRACED', 'the spans are not sent to a collector', 'OTEL_TRACES_EXPORTER says so', {
        fix: 'Set OTEL_TRACES_EXPORTER=otlp.',
      });
    default:
      return fate satisfies never;
  }
}

function noServer(spans: readonly WatchedSpan[]): KfError {
  return new KfError('NOT_TRACED', 'the trace has no SERVER span', `its spans are ${kindsOf(spans)}`, {
    fix: 'Let HTTP be instrumented (kf-cluster doctor), or start the span with kind: SpanKind.SERVER.',
  });
}
