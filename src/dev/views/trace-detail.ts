import type { Attribute, SpanNode, TraceDetail } from '../page-api.js';
import type { NumberedAttributes } from '../store/attribute-columns.js';
import { ATTRIBUTE_TYPES } from '../store/attribute-text.js';
import { Numbered, Renumbered } from '../store/numbered.js';
import type { Origin } from '../store/origin.js';
import type { SpanSegment } from '../store/span-segment.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import type { SpanPlace, Trace } from '../store/trace-index.js';
import { spansOf, type TraceColumns } from '../trace-columns.js';
import { logsOf } from './log-lists.js';
import { findRepeated } from './repeated.js';
import { inOrder } from './span-order.js';

/** Why a parent is not held, as far as it is known. */
export type MissingReason = (spanId: string, trace: Trace) => string;

/** All of a trace, in the order of the waterfall. */
export function traceDetail(columns: TraceColumns): TraceDetail {
  const { traceId, logs, missing } = columns;
  return { traceId, spans: spansOf(columns), logs, missing };
}

/** The same as it is sent to the page, from the columns of the store without an object a span. */
export function traceColumns(store: TelemetryStore, trace: Trace, reasonOf: MissingReason): TraceColumns {
  const { places } = trace;
  const spanIds = places.map(({ segment, row }) => segment.spanId(row));
  const parentIds = places.map(({ segment, row }) => segment.parentId(row));
  const names = new Numbered<string>();
  const nameOf = places.map(({ segment, row }) => names.of(segment.texts.text(segment.name[row] ?? 0)));
  const order = inOrder(trace, spanIds, parentIds);
  const { ordered, parent } = order;
  const rank = new Uint32Array(places.length);
  for (const [index, at] of ordered.entries()) rank[at] = index;
  const ranked = ordered.flatMap((at) => places[at] ?? []);
  const senders = new Numbered<Origin>();
  const absent = new Set(parentIds.filter((id, at): id is string => id !== undefined && parent[at] === -1));
  return {
    traceId: trace.id,
    logs: logsOf(store, trace.id),
    missing: [...absent].map((spanId) => ({ spanId, reason: reasonOf(spanId, trace) })),
    names: names.values,
    spanId: ordered.map((at) => spanIds[at] ?? ''),
    parent: ordered.map((at) => (parent[at] === -1 ? (parentIds[at] ?? -1) : (rank[parent[at] ?? 0] ?? -1))),
    depth: ordered.map((at) => order.depth[at] ?? 0),
    name: ordered.map((at) => nameOf[at] ?? 0),
    kind: ranked.map(({ segment, row }) => segment.kind[row] ?? 0),
    status: ranked.map(({ segment, row }) => segment.status[row] ?? 0),
    sender: ranked.map(({ segment, row }) => senders.of(segment.originOf(row))),
    senders: senders.values.map(({ service, worker }) => ({ service, worker })),
    start: ranked.map(({ segment, row }) => segment.start[row] ?? 0),
    duration: ranked.map(({ segment, row }) => segment.duration[row] ?? 0),
    ...attributeColumns(ranked),
    rare: rareOf(ranked),
    repeated: findRepeated(trace, nameOf, parentIds, order),
  };
}

function attributeColumns(
  places: readonly SpanPlace[],
): Pick<TraceColumns, 'keys' | 'texts' | 'attributes' | 'attributeCount'> {
  const keys: (readonly [string, Attribute[2]])[] = [];
  const texts: string[] = [];
  const attributes: number[] = [];
  const bySegment = new Map<SpanSegment, NumberedAttributes>();
  const attributeCount = places.map(({ segment, row }) => {
    const { size } = segment.texts;
    const numbered = bySegment.get(segment) ?? {
      keys: new Renumbered(keys, size * ATTRIBUTE_TYPES.length),
      texts: new Renumbered(texts, size),
    };
    bySegment.set(segment, numbered);
    const before = attributes.length;
    segment.attributes.number(row, numbered, attributes);
    return (attributes.length - before) / 2;
  });
  return { keys, texts, attributes, attributeCount };
}

function rareOf(places: readonly SpanPlace[]): TraceColumns['rare'] {
  return places.flatMap(({ segment, row }, place) => {
    const { message, ...rare } = segment.rare(row);
    if (message === undefined && rare.events === undefined && rare.links === undefined) return [];
    const some: Partial<SpanNode> = { ...rare, ...(message !== undefined && { statusMessage: message }) };
    return [[place, some] as const];
  });
}
