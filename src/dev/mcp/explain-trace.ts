import type { SpanNode, TraceDetail } from '../page-api.js';

const MOST = 10;

/** A trace in words: where its time went, what failed, what repeats, what is missing. */
export function explainTrace({ traceId, spans, logs, missing }: TraceDetail): string {
  const [top] = spans;
  if (top === undefined) return `Trace ${traceId} has no spans.`;
  const total = extentOf(spans);
  const workers = [...new Set(spans.map(({ worker }) => worker.slot).filter((slot) => slot !== undefined))];
  return [
    `Trace ${traceId}: ${top.name} of ${top.service}, ${ms(total)}, ${spans.length} spans${workers.length > 0 ? `, worker ${workers.join(', ')}` : ''}.`,
    section('Where the time went (self time: without what children took)', slowest(spans, total)),
    section('The longest chain, each the child that ended last', chain(spans, top)),
    section('What failed', spans.filter(({ status }) => status === 'error').map(failure)),
    section(
      'What repeats (perhaps one query for each row: N+1)',
      spans.flatMap(({ name, repeated }) =>
        repeated === undefined
          ? []
          : [`${name}: ${repeated.count} times one after the other, ${ms(repeated.total)} together`],
      ),
    ),
    section(
      'Parents that are missing',
      missing.map(({ spanId, reason }) => `${spanId}: ${reason}`),
    ),
    section(
      'Log records of level WARN and above',
      logs
        .filter(({ severityNumber }) => severityNumber >= 13)
        .map(({ severity, body }) => `${severity} ${body.slice(0, 300)}`),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** From the first start to the last end. A trace may have more spans than a call takes arguments. */
function extentOf(spans: readonly SpanNode[]): number {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { start, duration } of spans) {
    from = Math.min(from, start);
    to = Math.max(to, start + duration);
  }
  return to - from;
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length > MOST ? [`- and ${lines.length - MOST} more`] : [];
  return [`${title}:`, ...lines.slice(0, MOST).map((line) => `- ${line}`), ...more].join('\n');
}

function slowest(spans: readonly SpanNode[], total: number): string[] {
  const children = childrenOf(spans);
  return spans
    .map((span) => ({ span, self: selfTime(span, children.get(span.spanId) ?? []) }))
    .sort((a, b) => b.self - a.self)
    .slice(0, 5)
    .filter(({ self }) => self > 0)
    .map(
      ({ span, self }) =>
        `${span.name} (${span.kind}, ${span.service}): ${ms(self)} of its own, ${percent(self, total)} of the trace`,
    );
}

function childrenOf(spans: readonly SpanNode[]): Map<string, SpanNode[]> {
  const children = new Map<string, SpanNode[]>();
  for (const span of spans) {
    if (span.parentId === undefined) continue;
    const siblings = children.get(span.parentId) ?? [];
    siblings.push(span);
    children.set(span.parentId, siblings);
  }
  return children;
}

/** Children that run at the same time count once. */
function selfTime({ start, duration }: SpanNode, children: readonly SpanNode[]): number {
  const end = start + duration;
  let covered = 0;
  let at = start;
  for (const child of children.toSorted((a, b) => a.start - b.start)) {
    const from = Math.max(at, child.start);
    const to = Math.min(end, child.start + child.duration);
    if (to > from) covered += to - from;
    at = Math.max(at, to);
  }
  return Math.max(0, duration - covered);
}

function chain(spans: readonly SpanNode[], top: SpanNode): string[] {
  const children = childrenOf(spans);
  const lines: string[] = [];
  const seen = new Set<string>();
  for (let span: SpanNode | undefined = top; span !== undefined && !seen.has(span.spanId); ) {
    seen.add(span.spanId);
    lines.push(`${span.name} ${ms(span.duration)}`);
    const below: readonly SpanNode[] = children.get(span.spanId) ?? [];
    span = below.toSorted((a, b) => b.start + b.duration - a.start - a.duration)[0];
  }
  return lines.length > 1 ? lines : [];
}

function failure({ name, service, statusMessage, events }: SpanNode): string {
  const exception = events.find((event) => event.name === 'exception')?.attributes ?? [];
  const of = (key: string) => exception.find(([one]) => one === key)?.[1];
  const why = [of('exception.type'), of('exception.message') ?? statusMessage].filter(Boolean).join(': ');
  return `${name} of ${service}${why === '' ? '' : `: ${why.slice(0, 300)}`}`;
}

function ms(value: number): string {
  return value < 1_000 ? `${value.toFixed(1)} ms` : `${(value / 1_000).toFixed(2)} s`;
}

function percent(part: number, whole: number): string {
  return whole <= 0 ? '0%' : `${Math.round((100 * part) / whole)}%`;
}
