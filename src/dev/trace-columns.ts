import { SPAN_KINDS, STATUS_CODES } from './model.js';
import type { Attribute, LogRow, SpanNode, WorkerRef } from './page-items.js';

// No import of node: the page reads what the helper writes.

/**
 * A trace as it is sent to the page, without its attributes: all that a waterfall shows. Each name and sender once, and of each
 * span numbers; all columns are in the order of the waterfall. Faster to write and to read than its spans as objects, by far.
 */
export interface TraceFrame {
  readonly traceId: string;
  readonly logs: readonly LogRow[];
  readonly missing: readonly { readonly spanId: string; readonly reason: string }[];
  readonly names: readonly string[];
  readonly senders: readonly { readonly service: string; readonly worker: WorkerRef }[];
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
  /** When the trace begins, in milliseconds since the epoch. */
  readonly from: number;
  /** In whole microseconds after `from`. */
  readonly start: readonly number[];
  /** In milliseconds. */
  readonly duration: readonly number[];
  /** What few spans have. */
  readonly rare: readonly (readonly [place: number, Partial<Pick<SpanNode, 'statusMessage' | 'events' | 'links'>>])[];
  /** Places of spans that one line can stand for; the first of them is that line. */
  readonly repeated: readonly (readonly number[])[];
}

/** The rest of it, which is most: each key and text once. */
export interface TraceAttributes {
  readonly keys: readonly (readonly [key: string, type: Attribute[2]])[];
  readonly texts: readonly string[];
  /** How many of `attributes` are of each span. */
  readonly attributeCount: readonly number[];
  /** Of each an index of `keys` and one of `texts`, one span after another. */
  readonly attributes: readonly number[];
}

/** Spans that are read already; their attributes are empty until they have come. */
interface FramedSpans {
  readonly spans: readonly SpanNode[];
  attributesAre(attributes: TraceAttributes): void;
}

export function spansOf(frame: TraceFrame): FramedSpans {
  const attributes = new AttributeReader();
  const spans = frame.spanId.map((_, at) => new FramedSpan(frame, at, attributes));
  for (const [place, rare] of frame.rare) Object.assign(spans[place] ?? {}, rare);
  for (const places of frame.repeated) {
    const run = places.flatMap((place) => spans[place] ?? []);
    const total = run.reduce((sum, { duration }) => sum + duration, 0);
    const [first] = run;
    if (first) first.repeated = { count: run.length, total, spanIds: run.map(({ spanId }) => spanId) };
  }
  return { spans, attributesAre: (come) => attributes.take(come) };
}

const NONE: readonly never[] = [];

/** Its attributes are made when they are asked for: of ten thousand spans few are looked at. */
class FramedSpan implements SpanNode {
  readonly spanId: string;
  declare readonly parentId?: string;
  readonly depth: number;
  readonly name: string;
  readonly kind: SpanNode['kind'];
  readonly service: string;
  readonly worker: WorkerRef;
  readonly start: number;
  readonly duration: number;
  readonly status: SpanNode['status'];
  readonly events: SpanNode['events'] = NONE;
  readonly links: SpanNode['links'] = NONE;
  declare repeated?: NonNullable<SpanNode['repeated']>;
  readonly #place: number;
  readonly #attributes: AttributeReader;

  constructor(frame: TraceFrame, at: number, attributes: AttributeReader) {
    const parent = frame.parent[at] ?? -1;
    const parentId = typeof parent === 'string' ? parent : frame.spanId[parent];
    const { service = '', worker = {} } = frame.senders[frame.sender[at] ?? 0] ?? {};
    const kind = SPAN_KINDS[frame.kind[at] ?? 0] ?? 'unspecified';
    this.spanId = frame.spanId[at] ?? '';
    if (parentId !== undefined) this.parentId = parentId;
    this.depth = frame.depth[at] ?? 0;
    this.name = frame.names[frame.name[at] ?? 0] ?? '';
    this.kind = kind === 'unspecified' ? 'internal' : kind;
    this.service = service;
    this.worker = worker;
    this.start = frame.from + (frame.start[at] ?? 0) / 1_000;
    this.duration = frame.duration[at] ?? 0;
    this.status = STATUS_CODES[frame.status[at] ?? 0] ?? 'unset';
    this.#place = at;
    this.#attributes = attributes;
  }

  get attributes(): readonly Attribute[] {
    return this.#attributes.read(this.#place);
  }

  toJSON(): SpanNode {
    return { ...this, attributes: this.attributes };
  }
}

class AttributeReader {
  #come: TraceAttributes | undefined;
  /** Where those of each span begin. */
  #from = new Uint32Array(0);

  take(come: TraceAttributes): void {
    this.#come = come;
    this.#from = new Uint32Array(come.attributeCount.length + 1);
    for (const [at, count] of come.attributeCount.entries()) this.#from[at + 1] = (this.#from[at] ?? 0) + 2 * count;
  }

  read(place: number): readonly Attribute[] {
    if (this.#come === undefined) return NONE;
    const { keys, texts, attributes } = this.#come;
    const list: Attribute[] = [];
    for (let next = this.#from[place] ?? 0; next < (this.#from[place + 1] ?? 0); next += 2) {
      const [key, type] = keys[attributes[next] ?? -1] ?? ['', 'string'];
      list.push([key, texts[attributes[next + 1] ?? -1] ?? '', type]);
    }
    return list;
  }
}
