import type { DropCause } from '../../contract/item-account.js';
import { createLints, type LintSpan } from '../../diagnose/lints/index.js';
import type { SpanRecord } from '../model.js';
import type { LintRow } from '../page-api.js';
import type { Origin } from '../store/origin.js';
import type { Trace } from '../store/trace-index.js';
import type { Sample } from '../supervisor-events.js';
import { seconds } from './red.js';

/** What is wrong with the spans as such. */
interface LintRows {
  /** A trace is looked at as a whole or not at all: when many come, of one in so many. */
  add(span: SpanRecord, origin: Origin, trace: Trace): void;
  dropped(causes: Sample['account']['dropped']): void;
  /** Without `nowMs` nothing more is expected. */
  rows(nowMs?: number): LintRow[];
}

/** Spans whose relatives the lints know: their bytes are not those of the store. */
const KEPT_SPANS = 5_000;
/** Bits 8 and 9 of a span's flags: whether it is known that the parent is remote, and whether it is. */
const REMOTE_KNOWN = 0x100;
const REMOTE = 0x200;

export function createLintRows(now: () => number = seconds): LintRows {
  const lints = createLints({ maxSpans: KEPT_SPANS });
  const isDue = createSampler(now);
  return {
    add: (span, { service }, trace) => {
      trace.isLinted ??= isDue(trace.order);
      if (trace.isLinted) lints.add(lintSpan(span, service));
    },
    dropped: (causes) => {
      const drops: Partial<Record<DropCause, number>> = {};
      for (const { cause, count } of causes) if (cause !== 'rejected') drops[cause] = count;
      lints.dropped(drops);
    },
    rows: (nowMs) => lints.findings(nowMs),
  };
}

/** New traces a second that are looked at; the lints of one cost more than to keep it. */
const MOST_A_SECOND = 100;

function createSampler(now: () => number): (order: number) => boolean {
  let second = 0;
  let [before, count] = [0, 0];
  return (order) => {
    const at = now();
    if (at !== second) [second, before, count] = [at, at === second + 1 ? count : 0, 0];
    count += 1;
    return order % Math.ceil(Math.max(before, count, 1) / MOST_A_SECOND) === 0;
  };
}

/** Written out, without a spread: this is done for each span. */
function lintSpan(span: SpanRecord, service: string): LintSpan {
  const { flags } = span;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentSpanId,
    parentIsRemote: (flags & REMOTE_KNOWN) === 0 ? undefined : (flags & REMOTE) !== 0,
    service,
    scope: span.scope.name,
    name: span.name,
    kind: span.kind,
    startMs: Number(span.startNs / 1_000n) / 1_000,
    endMs: Number(span.endNs / 1_000n) / 1_000,
    ended: true,
    status: span.status.code,
    attributes: span.attributes,
    events: span.events,
  };
}
