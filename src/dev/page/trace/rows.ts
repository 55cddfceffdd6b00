import type { LogRow, SpanNode, TraceDetail } from '../data/contract.js';

/** One line of the waterfall. `key` is unique within the trace. */
export type Row = { readonly key: string; readonly depth: number } & (
  | {
      readonly kind: 'span';
      readonly span: SpanNode;
      /** Whether there is something below it, and whether that is shown. */
      readonly open: boolean | undefined;
      /** The spans that a folded row stands for, itself included. */
      readonly stands: readonly SpanNode[] | undefined;
    }
  | { readonly kind: 'missing'; readonly spanId: string; readonly reason: string }
  | { readonly kind: 'event'; readonly span: SpanNode; readonly event: SpanNode['events'][number] }
  | { readonly kind: 'log'; readonly log: LogRow }
);

export interface Choices {
  /** Spans whose children are hidden. */
  readonly closed: ReadonlySet<string>;
  /** First spans of repeated ones that are shown one by one. */
  readonly unfolded: ReadonlySet<string>;
  /** Whether events and logs have lines of their own. */
  readonly inline: boolean;
}

/** The lines of a waterfall, top to bottom. */
export function rowsOf(trace: TraceDetail, choices: Choices): readonly Row[] {
  const folded = trace.spans.some(({ repeated }) => repeated !== undefined);
  const byId = new Map(folded ? trace.spans.map((span) => [span.spanId, span]) : []);
  const missing = new Map(trace.missing.map(({ spanId, reason }) => [spanId, reason]));
  const logs = logsBySpan(trace);
  const rows: Row[] = [];
  const said = new Set<string>();
  const covered = new Set<string>();
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const [at, span] of trace.spans.entries()) {
    if (span.depth > hiddenBelow) continue;
    hiddenBelow = Number.POSITIVE_INFINITY;
    if (covered.has(span.spanId)) {
      hiddenBelow = span.depth;
      continue;
    }
    const reason = span.parentId === undefined ? undefined : missing.get(span.parentId);
    if (span.parentId !== undefined && reason !== undefined && !said.has(span.parentId)) {
      said.add(span.parentId);
      rows.push({ kind: 'missing', key: `missing ${span.parentId}`, depth: span.depth, spanId: span.parentId, reason });
    }
    const stands = standsFor(span, choices, byId);
    for (const one of stands ?? []) if (one !== span) covered.add(one.spanId);
    const inside = choices.inline ? inlineRows(span, logs.get(span.spanId) ?? []) : [];
    const parent = (trace.spans[at + 1]?.depth ?? 0) > span.depth;
    const opens = span.repeated !== undefined || parent || inside.length > 0;
    const open = opens ? !stands && !choices.closed.has(span.spanId) : undefined;
    rows.push({ kind: 'span', key: span.spanId, depth: span.depth, span, open, stands });
    // One by one: a call takes some 120,000 arguments at most, and a trace may have more log records.
    if (open) for (const row of inside) rows.push(row);
    else hiddenBelow = span.depth;
  }
  if (choices.inline) for (const log of logs.get('') ?? []) rows.push(logRow(log, 0));
  return rows;
}

/** The other way round: what a row's key does to what is open. */
export function toggled(row: Row, choices: Choices, open: boolean): Choices {
  if (row.kind !== 'span' || row.open === undefined || row.open === open) return choices;
  const repeated = row.span.repeated !== undefined;
  if (repeated && open && row.stands) return { ...choices, unfolded: new Set(choices.unfolded).add(row.key) };
  if (repeated && !open) return { ...choices, unfolded: without(choices.unfolded, row.key) };
  const closed = open ? without(choices.closed, row.key) : new Set(choices.closed).add(row.key);
  return { ...choices, closed };
}

function without(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const rest = new Set(set);
  rest.delete(key);
  return rest;
}

function standsFor(span: SpanNode, { unfolded }: Choices, byId: ReadonlyMap<string, SpanNode>) {
  if (span.repeated === undefined || unfolded.has(span.spanId)) return undefined;
  const others = span.repeated.spanIds.flatMap((id) => byId.get(id) ?? []).filter((one) => one !== span);
  return [span, ...others];
}

/** Those of no span, or of one that is not held, stand under ''. */
function logsBySpan({ spans, logs }: TraceDetail): ReadonlyMap<string, readonly LogRow[]> {
  const bySpan = new Map<string, LogRow[]>();
  if (logs.length === 0) return bySpan;
  const ids = new Set(spans.map(({ spanId }) => spanId));
  for (const log of logs) {
    const id = log.spanId !== undefined && ids.has(log.spanId) ? log.spanId : '';
    const list = bySpan.get(id);
    if (list) list.push(log);
    else bySpan.set(id, [log]);
  }
  return bySpan;
}

const NONE: readonly Row[] = [];

function inlineRows(span: SpanNode, logs: readonly LogRow[]): readonly Row[] {
  if (span.events.length + logs.length === 0) return NONE;
  const depth = span.depth + 1;
  const events = span.events.map(
    (event, at): Row => ({ kind: 'event', key: `${span.spanId} ${at}`, depth, span, event }),
  );
  return [...events, ...logs.map((log) => logRow(log, depth))].sort((a, b) => timeOf(a) - timeOf(b));
}

const logRow = (log: LogRow, depth: number): Row => ({ kind: 'log', key: `log ${log.cursor}`, depth, log });

/** When a line begins; a missing span has no time. */
function timeOf(row: Row): number {
  switch (row.kind) {
    case 'span':
      return row.span.start;
    case 'event':
      return row.event.at;
    case 'log':
      return row.log.at;
    case 'missing':
      return Number.NaN;
  }
}

/** First start and last end of a trace. */
export function extentOf(trace: TraceDetail): { readonly from: number; readonly to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { start, duration } of trace.spans) {
    from = Math.min(from, start);
    to = Math.max(to, start + duration);
  }
  return from <= to ? { from, to: Math.max(to, from + 0.001) } : { from: 0, to: 1 };
}
