import { SPAN_KINDS, STATUS_CODES } from './model.js';
import type { Attribute, LogRow, SpanNode, WorkerRef } from './page-items.js';

// No import of node: the page reads what the helper writes.

/**
 * A trace as it is sent to the page: each text, key and sender once, and of each span numbers. A quarter of the bytes
 * of its spans as objects, and faster to write and to read. All columns are in the order of the waterfall.
 */
export interface TraceColumns {
  readonly traceId: string;
  readonly logs: readonly LogRow[];
  readonly missing: readonly { readonly spanId: string; readonly reason: string }[];
  readonly names: readonly string[];
  readonly senders: readonly { readonly service: string; readonly worker: WorkerRef }[];
  readonly keys: readonly (readonly [key: string, type: Attribute[2]])[];
  readonly texts: readonly string[];
  readonly spanId: readonly string[];
  /** The place of the parent, -1 without one, or the id of one that is not held. */
  readonly parent: readonly (number | string)[];
  readonly depth: readonly number[];
  readonly name: readonly number[];
  /** Index of SPAN_KINDS. */
  readonly kind: readonly number[];
  /** Index of STATUS_CODES. */
  readonly status: readonly number[];
  readonly sender: readonly number[];
  readonly start: readonly number[];
  readonly duration: readonly number[];
  /** How many of `attributes` are of each span. */
  readonly attributeCount: readonly number[];
  /** Of each an index of `keys` and one of `texts`, one span after another. */
  readonly attributes: readonly number[];
  /** What few spans have. */
  readonly rare: readonly (readonly [place: number, Partial<Pick<SpanNode, 'statusMessage' | 'events' | 'links'>>])[];
  /** Places of spans that one line can stand for; the first of them is that line. */
  readonly repeated: readonly (readonly number[])[];
}

type Node = { -readonly [K in keyof SpanNode]: SpanNode[K] };

const NONE: readonly never[] = [];

export function spansOf(columns: TraceColumns): readonly SpanNode[] {
  const spans: Node[] = [];
  let from = 0;
  for (let at = 0; at < columns.spanId.length; at++) {
    const to = from + 2 * (columns.attributeCount[at] ?? 0);
    spans.push(spanAt(columns, at, from, to));
    from = to;
  }
  for (const [place, rare] of columns.rare) Object.assign(spans[place] ?? {}, rare);
  for (const places of columns.repeated) {
    const run = places.flatMap((place) => spans[place] ?? []);
    const total = run.reduce((sum, { duration }) => sum + duration, 0);
    const [first] = run;
    if (first) first.repeated = { count: run.length, total, spanIds: run.map(({ spanId }) => spanId) };
  }
  return spans;
}

function spanAt(columns: TraceColumns, at: number, from: number, to: number): Node {
  const parent = columns.parent[at] ?? -1;
  const parentId = typeof parent === 'string' ? parent : columns.spanId[parent];
  const { service = '', worker = {} } = columns.senders[columns.sender[at] ?? 0] ?? {};
  const kind = SPAN_KINDS[columns.kind[at] ?? 0] ?? 'unspecified';
  const attributes: Attribute[] = [];
  for (let next = from; next < to; next += 2) {
    const [key, type] = columns.keys[columns.attributes[next] ?? -1] ?? ['', 'string'];
    attributes.push([key, columns.texts[columns.attributes[next + 1] ?? -1] ?? '', type]);
  }
  return {
    spanId: columns.spanId[at] ?? '',
    ...(parentId !== undefined && { parentId }),
    depth: columns.depth[at] ?? 0,
    name: columns.names[columns.name[at] ?? 0] ?? '',
    kind: kind === 'unspecified' ? 'internal' : kind,
    service,
    worker,
    start: columns.start[at] ?? 0,
    duration: columns.duration[at] ?? 0,
    status: STATUS_CODES[columns.status[at] ?? 0] ?? 'unset',
    attributes,
    events: NONE,
    links: NONE,
  };
}
