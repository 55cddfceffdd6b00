import type { Attribute, SpanNode, TraceDetail } from '../page-api.js';
import type { NumberedAttributes } from '../store/attribute-columns.js';
import { ATTRIBUTE_TYPES } from '../store/attribute-text.js';
import { Numbered, Renumbered } from '../store/numbered.js';
import type { Origin } from '../store/origin.js';
import type { SpanSegment } from '../store/span-segment.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import type { SpanPlace, Trace } from '../store/trace-index.js';
import { spansOf, type TraceAttributes, type TraceFrame } from '../trace-columns.js';
import { logsOf } from './log-lists.js';
import { findRepeated } from './repeated.js';
import { inOrder, type SpanColumns } from './span-order.js';

/** Why a parent is not held, as far as it is known. */
export type MissingReason = (spanId: string, trace: Trace) => string;

/** A trace in the order of the waterfall, from the columns of the store without an object a span. */
export interface TraceInColumns {
  readonly frame: TraceFrame;
  /** Made when it is asked for: it takes longer than the frame. */
  attributes(): TraceAttributes;
}

export function traceDetail({ frame, attributes }: TraceInColumns): TraceDetail {
  const { traceId, logs, missing } = frame;
  const { spans, attributesAre } = spansOf(frame);
  attributesAre(attributes());
  return { traceId, spans: spans.map((span) => ({ ...span, attributes: span.attributes })), logs, missing };
}

export function traceColumns(store: TelemetryStore, trace: Trace, reasonOf: MissingReason): TraceInColumns {
  // A span that comes while the rest is sent is of the next time.
  const places = trace.places.slice();
  const spans = columnsOf(places);
  const order = inOrder(spans);
  const { ordered, parent } = order;
  const rank = new Uint32Array(places.length);
  for (let index = 0; index < ordered.length; index++) rank[ordered[index] ?? 0] = index;
  const inTheirOrder = (column: ArrayLike<number>) => ordered.map((at) => column[at] ?? 0);
  const absent = new Set(spans.parentId.filter((id, at): id is string => id !== undefined && parent[at] === -1));
  return {
    frame: {
      traceId: trace.id,
      logs: logsOf(store, trace.id),
      missing: [...absent].map((spanId) => ({ spanId, reason: reasonOf(spanId, trace) })),
      names: spans.names,
      senders: spans.senders.map(({ service, worker }) => ({ service, worker })),
      spanId: ordered.map((at) => spans.spanId[at] ?? ''),
      parent: ordered.map((at) => (parent[at] === -1 ? (spans.parentId[at] ?? -1) : (rank[parent[at] ?? 0] ?? -1))),
      depth: inTheirOrder(order.depth),
      name: inTheirOrder(spans.name),
      kind: inTheirOrder(spans.kind),
      status: inTheirOrder(spans.status),
      sender: inTheirOrder(spans.sender),
      from: trace.start,
      start: ordered.map((at) => Math.round(((spans.start[at] ?? 0) - trace.start) * 1_000)),
      duration: inTheirOrder(spans.duration),
      rare: spans.rare.map(([at, rare]) => [rank[at] ?? 0, rare] as const),
      repeated: findRepeated(spans, order),
    },
    attributes: () => attributeColumns(places, ordered),
  };
}

function columnsOf(places: readonly SpanPlace[]) {
  const size = places.length;
  const names = new Numbered<string>();
  const senders = new Numbered<Origin>();
  const rares: (readonly [at: number, Partial<SpanNode>])[] = [];
  const columns = {
    spanId: new Array<string>(size),
    parentId: new Array<string | undefined>(size),
    start: new Float64Array(size),
    duration: new Float64Array(size),
    name: new Uint32Array(size),
    kind: new Uint8Array(size),
    status: new Uint8Array(size),
    sender: new Uint32Array(size),
    rare: rares,
    names: names.values,
    senders: senders.values,
  };
  let at = 0;
  for (const { segment, row } of places) {
    columns.spanId[at] = segment.spanId(row);
    columns.parentId[at] = segment.parentId(row);
    columns.start[at] = segment.start[row] ?? 0;
    columns.duration[at] = segment.duration[row] ?? 0;
    columns.name[at] = names.of(segment.texts.text(segment.name[row] ?? 0));
    columns.kind[at] = segment.kind[row] ?? 0;
    columns.status[at] = segment.status[row] ?? 0;
    columns.sender[at] = senders.of(segment.originOf(row));
    const rare = rareOf(segment, row);
    if (rare !== undefined) rares.push([at, rare]);
    at += 1;
  }
  return columns satisfies SpanColumns;
}

function rareOf(segment: SpanSegment, row: number): Partial<SpanNode> | undefined {
  if (!segment.hasRare(row)) return undefined;
  const { message, ...rare } = segment.rare(row);
  return { ...rare, ...(message !== undefined && { statusMessage: message }) };
}

function attributeColumns(places: readonly SpanPlace[], ordered: readonly number[]): TraceAttributes {
  const keys: (readonly [string, Attribute[2]])[] = [];
  const texts: string[] = [];
  const attributes: number[] = [];
  const bySegment = new Map<SpanSegment, NumberedAttributes>();
  const attributeCount = ordered.map((at) => {
    const { segment, row } = places[at] ?? {};
    if (segment === undefined || row === undefined) return 0;
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
