import { SPAN_KINDS, STATUS_CODES } from '../model.js';
import type { SpanNode, TraceDetail } from '../page-api.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import type { SpanPlace, Trace } from '../store/trace-index.js';
import { logsOf } from './log-lists.js';
import { foldRepeated } from './repeated.js';

/** Why a parent is not held, as far as it is known. */
export type MissingReason = (spanId: string, trace: Trace) => string;

/** All of a trace, in the order of the waterfall. */
export function traceDetail(store: TelemetryStore, trace: Trace, reasonOf: MissingReason): TraceDetail {
  const spans = trace.places.map(readSpan);
  const { ordered, missing } = inOrder(spans);
  return {
    traceId: trace.id,
    spans: foldRepeated(ordered),
    logs: logsOf(store, trace.id),
    missing: missing.map((spanId) => ({ spanId, reason: reasonOf(spanId, trace) })),
  };
}

/** Its depth is not known yet. */
type Node = { -readonly [K in keyof SpanNode]: SpanNode[K] };

function readSpan({ segment, row }: SpanPlace): Node {
  const { service, worker } = segment.originOf(row);
  const { events = [], links = [], message } = segment.rare(row);
  const parentId = segment.parentId(row);
  const kind = SPAN_KINDS[segment.kind[row] ?? 0] ?? 'unspecified';
  return {
    spanId: segment.spanId(row),
    ...(parentId !== undefined && { parentId }),
    depth: 0,
    name: segment.texts.text(segment.name[row] ?? 0),
    kind: kind === 'unspecified' ? 'internal' : kind,
    service,
    worker,
    start: segment.start[row] ?? 0,
    duration: segment.duration[row] ?? 0,
    status: STATUS_CODES[segment.status[row] ?? 0] ?? 'unset',
    ...(message !== undefined && { statusMessage: message }),
    attributes: segment.attributes.read(row),
    events,
    links,
  };
}

/**
 * Parents before their children, siblings by their start. What names a parent that is not held stands at the top, and so does
 * the first of spans that name each other in a ring.
 */
function inOrder(spans: readonly Node[]): { ordered: SpanNode[]; missing: string[] } {
  const byStart = spans.toSorted((a, b) => a.start - b.start);
  const held = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Node[]>();
  for (const span of byStart) {
    const parent = span.parentId !== undefined && held.has(span.parentId) ? span.parentId : '';
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  const ordered: SpanNode[] = [];
  const seen = new Set<string>();
  const visit = (tops: readonly Node[]) => {
    const stack = tops.toReversed().map((span) => ({ span, depth: 0 }));
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, depth } = next;
      if (seen.has(span.spanId)) continue;
      seen.add(span.spanId);
      span.depth = depth;
      ordered.push(span);
      const below = children.get(span.spanId) ?? [];
      for (const child of below.toReversed()) stack.push({ span: child, depth: depth + 1 });
    }
  };
  visit(children.get('') ?? []);
  for (const span of byStart) if (!seen.has(span.spanId)) visit([span]);
  const parents = spans.flatMap(({ parentId }) => (parentId !== undefined && !held.has(parentId) ? [parentId] : []));
  return { ordered, missing: [...new Set(parents)] };
}
