import { readFilter, type Term } from '../filter/filter.js';
import { searchTraces, traceFits } from '../filter/match-traces.js';
import type { TraceList } from '../page-api.js';
import type { Feed, Slice } from '../server/page-data.js';
import type { TelemetryStore } from '../store/telemetry-store.js';
import type { Trace } from '../store/trace-index.js';
import { traceRow } from './trace-row.js';

/** The newest traces that fit, newest last, and whether there are older ones. @throws BadFilter */
export function listTraces(store: TelemetryStore, { filter, before, limit }: Slice): TraceList {
  const began = performance.now();
  const fits = searchTraces(store, readFilter(filter));
  const bound = before === undefined ? Number.POSITIVE_INFINITY : Number(before);
  const found: Trace[] = [];
  for (const trace of store.traces.all()) {
    if (trace.order >= bound) break;
    if (fits(trace)) found.push(trace);
  }
  const rows = found.slice(-limit).map(traceRow);
  return { rows, more: found.length > rows.length, tookMs: performance.now() - began };
}

const FIRST = 200;
/** Of one message; what is more has been overtaken before it could be read. */
const MOST_CHANGED = 500;

/** The newest traces, then those that come or grow. @throws BadFilter */
export function followTraces(store: TelemetryStore, filter: string): Feed {
  const terms: readonly Term[] = readFilter(filter);
  const changed = new Set<Trace>();
  let first: TraceList | undefined = listTraces(store, { filter, before: undefined, limit: FIRST });
  const end = store.listen({
    onSpan: (_span, _origin, trace) => {
      changed.add(trace);
      if (changed.size > MOST_CHANGED) for (const oldest of changed) return void changed.delete(oldest);
    },
  });
  return {
    next: () => {
      const fitting = [...changed].filter((trace) => trace.places.length > 0 && traceFits(trace, terms));
      changed.clear();
      const rows = [...(first?.rows ?? []), ...fitting.map(traceRow)];
      const isFirst = first !== undefined;
      first = undefined;
      return rows.length > 0 || isFirst ? { type: 'traces', rows } : undefined;
    },
    close: end,
  };
}
