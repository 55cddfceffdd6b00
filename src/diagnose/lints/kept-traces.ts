import type { LintSpan } from './lint-span.js';

/** What is kept of a span, for the lints that need its relatives. */
export type KeptSpan = Pick<
  LintSpan,
  | 'spanId'
  | 'parentId'
  | 'parentIsRemote'
  | 'parentIsRecorded'
  | 'service'
  | 'name'
  | 'kind'
  | 'startMs'
  | 'endMs'
  | 'ended'
>;

export interface KeptTrace {
  readonly traceId: string;
  readonly spans: Map<string, KeptSpan>;
  /** The latest time that any of its spans names. */
  lastMs: number;
}

/** Ids of traces whose spans were let go: what comes of them later would look like orphans. */
const MAX_FORGOTTEN = 10_000;
const LONGEST_NAME = 80;

/** The spans of the last traces, bounded: the oldest trace is let go first. */
interface Traces {
  add(span: LintSpan): void;
  held(): Iterable<KeptTrace>;
}

export function createTraces(maxSpans: number, onEvict: (trace: KeptTrace) => void): Traces {
  const traces = new Map<string, KeptTrace>();
  const forgotten = new Set<string>();
  let held = 0;
  const evict = () => {
    for (const [id, trace] of traces) {
      if (held <= maxSpans) return;
      traces.delete(id);
      held -= trace.spans.size;
      forgotten.add(id);
      onEvict(trace);
    }
  };
  const trim = () => {
    for (const id of forgotten) {
      if (forgotten.size <= MAX_FORGOTTEN) return;
      forgotten.delete(id);
    }
  };
  return {
    add: (span) => {
      const { traceId, spanId } = span;
      if (forgotten.has(traceId)) return;
      const trace = traces.get(traceId) ?? { traceId, spans: new Map<string, KeptSpan>(), lastMs: 0 };
      const known = trace.spans.get(spanId);
      if (known?.ended) return; // the start of one that has ended already, or the same again
      if (known === undefined) held += 1;
      trace.spans.set(spanId, keep(span));
      trace.lastMs = Math.max(trace.lastMs, span.startMs, span.ended ? span.endMs : 0);
      traces.set(traceId, trace);
      evict();
      trim();
    },
    held: () => traces.values(),
  };
}

function keep(span: LintSpan): KeptSpan {
  const { spanId, parentId, parentIsRemote, parentIsRecorded, service, kind, startMs, endMs, ended } = span;
  const name = span.name.slice(0, LONGEST_NAME);
  return { spanId, parentId, parentIsRemote, parentIsRecorded, service, name, kind, startMs, endMs, ended };
}
