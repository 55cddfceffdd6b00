import type { TelemetryStore } from '../store/telemetry-store.js';
import type { Trace } from '../store/trace-index.js';
import type { Term } from './filter.js';
import { isProbeTrace } from './probe.js';
import { findSpans, type OfSpan, spanFits } from './span-terms.js';

/**
 * Which traces fit: each term holds of one of a trace's spans, a duration of the trace as a whole.
 *
 * @returns a test for the traces that are held now, until the next search
 */
export function searchTraces(store: TelemetryStore, terms: readonly Term[]): (trace: Trace) => boolean {
  const wide = terms.map((term) => (isOfTrace(term) ? undefined : term));
  if (wide.some((term) => term !== undefined)) {
    for (const trace of store.traces.all()) trace.marks = 0;
    for (const segment of store.spanSegments()) {
      wide.forEach((term, bit) => {
        if (term === undefined) return;
        findSpans(segment, term, (row) => {
          const trace = segment.traces[row];
          if (trace !== undefined) trace.marks |= 1 << bit;
        });
      });
    }
  }
  return (trace) =>
    terms.every((term, bit) => {
      const holds = isOfTrace(term) ? ofTrace(trace, term) : (trace.marks & (1 << bit)) !== 0;
      return holds !== term.not;
    });
}

/** The same of one trace: for those that come while a view is open. */
export function traceFits(trace: Trace, terms: readonly Term[]): boolean {
  return terms.every((term) => {
    const holds = isOfTrace(term)
      ? ofTrace(trace, term)
      : trace.places.some(({ segment, row }) => spanFits(segment, row, term));
    return holds !== term.not;
  });
}

function isOfTrace(term: Term): term is Exclude<Term, OfSpan> {
  return term.kind === 'duration' || term.kind === 'probe' || term.kind === 'error';
}

function ofTrace(trace: Trace, term: Exclude<Term, OfSpan>): boolean {
  switch (term.kind) {
    case 'duration': {
      const duration = trace.end - trace.start;
      return duration > term.least && duration < term.most;
    }
    case 'error':
      return trace.errors > 0;
    case 'probe':
      return isProbeTrace(trace);
  }
}
