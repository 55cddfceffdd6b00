import type { SpanSegment } from './span-segment.js';

/** Where a span is. */
export interface SpanPlace {
  readonly segment: SpanSegment;
  readonly row: number;
}

/** The spans of one trace that are held. */
export interface Trace {
  readonly id: string;
  /** In the order in which their first spans came; the cursor of a list. */
  readonly order: number;
  places: SpanPlace[];
  start: number;
  end: number;
  errors: number;
  /** The span that stands for the trace. */
  entry: SpanPlace;
  /** Which terms of a search are fulfilled; scratch space of the search that runs. */
  marks: number;
  /** Whether its spans are linted; undefined before the first one. */
  isLinted: boolean | undefined;
  /** Ids of its spans, once it is worth it. */
  ids: Set<string> | undefined;
}

/** From so many spans on a set finds a span that came again. */
const SET_FROM = 16;
/** An entry of the index and its lists, in bytes. */
const TRACE_BYTES = 300;

/** The held spans by trace. */
export class TraceIndex {
  readonly #traces = new Map<string, Trace>();
  #order = 0;

  get size(): number {
    return this.#traces.size;
  }

  get(id: string): Trace | undefined {
    return this.#traces.get(id);
  }

  /** From the oldest on. */
  all(): Iterable<Trace> {
    return this.#traces.values();
  }

  has(traceId: string, spanId: string): boolean {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return false;
    if (trace.ids !== undefined) return trace.ids.has(spanId);
    return trace.places.some(({ segment, row }) => segment.spanId(row) === spanId);
  }

  add(traceId: string, place: SpanPlace): Trace {
    const { segment, row } = place;
    const start = segment.start[row] ?? 0;
    const end = start + (segment.duration[row] ?? 0);
    const errors = segment.isError(row) ? 1 : 0;
    const known = this.#traces.get(traceId);
    if (known === undefined) {
      const order = this.#order++;
      const trace = {
        id: traceId,
        order,
        places: [place],
        start,
        end,
        errors,
        entry: place,
        marks: 0,
        isLinted: undefined,
        ids: undefined,
      };
      this.#traces.set(traceId, trace);
      segment.traces[row] = trace;
      segment.charge(TRACE_BYTES);
      return trace;
    }
    known.places.push(place);
    segment.traces[row] = known;
    known.start = Math.min(known.start, start);
    known.end = Math.max(known.end, end);
    known.errors += errors;
    if (isBetterEntry(place, known.entry)) known.entry = place;
    if (known.ids !== undefined) known.ids.add(segment.spanId(row));
    else if (known.places.length >= SET_FROM)
      known.ids = new Set(known.places.map((one) => one.segment.spanId(one.row)));
    return known;
  }

  /** A segment was evicted. */
  forget(segment: SpanSegment): void {
    for (const trace of new Set(segment.traces)) {
      trace.places = trace.places.filter((place) => place.segment !== segment);
      if (trace.places.length === 0) this.#traces.delete(trace.id);
      else rebuild(trace);
    }
  }
}

function rebuild(trace: Trace): void {
  const { places } = trace;
  trace.entry = places.reduce((best, place) => (isBetterEntry(place, best) ? place : best));
  trace.errors = places.filter(({ segment, row }) => segment.isError(row)).length;
  trace.ids = places.length >= SET_FROM ? new Set(places.map(({ segment, row }) => segment.spanId(row))) : undefined;
}

/** A root before others, then a span of an entry (SERVER, CONSUMER), then the earliest. */
function isBetterEntry(one: SpanPlace, other: SpanPlace): boolean {
  const byRank = rank(other) - rank(one);
  if (byRank !== 0) return byRank > 0;
  return (one.segment.start[one.row] ?? 0) < (other.segment.start[other.row] ?? 0);
}

const SERVER = 2;
const CONSUMER = 5;

function rank({ segment, row }: SpanPlace): number {
  const kind = segment.kind[row];
  return (segment.hasParent(row) ? 2 : 0) + (kind === SERVER || kind === CONSUMER ? 0 : 1);
}
