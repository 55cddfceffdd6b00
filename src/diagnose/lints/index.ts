import { keysOf } from '../../contract/table-keys.js';
import { DROP_LINTS, type Drops, lintDrops } from './drops.js';
import { createTraces, type KeptTrace } from './kept-traces.js';
import type { LintFinding, LintRow, LintSpan } from './lint-span.js';
import { createNames, NAME_LINTS } from './names.js';
import { createServices } from './services.js';
import { SPAN_LINTS } from './span-lints.js';
import { createTally, type Tally } from './tally.js';
import { TRACE_LINTS, type TraceLint } from './trace-lints.js';

export type { Drops } from './drops.js';
export type { LintFinding, LintKind, LintSpan } from './lint-span.js';

/** Every lint by its id. */
export const LINTS = rowsOf({
  ...TRACE_LINTS,
  ...NAME_LINTS,
  ...SPAN_LINTS,
  ...DROP_LINTS,
});

function rowsOf<Id extends string>(rows: Readonly<Record<Id, LintRow>>): Readonly<Record<Id, LintRow>> {
  return rows;
}

interface LintOptions {
  /** Spans whose relatives are known; some 300 bytes each. Default 20,000. */
  readonly maxSpans?: number | undefined;
  /** How long after the last span of a trace another may come, in milliseconds. Default 10,000: SDKs send every 5 s. */
  readonly settledMs?: number | undefined;
}

/** Looks at spans as they come, in any order. */
interface Lints {
  add(span: LintSpan): void;
  /** What was given up so far, all in all; a later call replaces it. */
  dropped(drops: Drops): void;
  /**
   * What is wrong so far, worst first. With `nowMs` (since 1970) a trace that is younger than `settledMs` is left out of what
   * needs all of its spans. Without it nothing more is expected.
   */
  findings(nowMs?: number): LintFinding[];
}

type TraceLintId = keyof typeof TRACE_LINTS;
const TRACE_IDS = keysOf(TRACE_LINTS);
const SPAN_IDS = keysOf(SPAN_LINTS);
const RANK = { error: 0, warning: 1, information: 2 } as const;

/** Pure, and bounded in memory: counts, a few examples, and the last spans. */
export function createLints({ maxSpans = 20_000, settledMs = 10_000 }: LintOptions = {}): Lints {
  const services = createServices();
  const names = createNames();
  const spanTallies = new Map(SPAN_IDS.map((id) => [id, createTally()]));
  const settled = new Map(TRACE_IDS.map((id) => [id, createTally()]));
  const lintTrace = (trace: KeptTrace, tallies: ReadonlyMap<TraceLintId, Tally>, nowMs: number, isWhole = true) => {
    for (const span of trace.spans.values()) {
      for (const id of TRACE_IDS) {
        const lint: TraceLint = TRACE_LINTS[id];
        if (lint.needsAll && !isWhole) continue;
        if (lint.look(span, trace, { services, nowMs })) tallies.get(id)?.found(span.service, span.name, trace.traceId);
      }
    }
  };
  const traces = createTraces(maxSpans, (trace) => lintTrace(trace, settled, trace.lastMs));
  let drops: Drops = {};
  return {
    add: (span) => {
      if (span.scope === 'kf-cluster') return; // reloads and ends of workers
      services.add(span);
      traces.add(span);
      if (!span.ended) return;
      names.add(span);
      for (const id of SPAN_IDS) {
        const name = SPAN_LINTS[id].look(span);
        if (name !== undefined) spanTallies.get(id)?.found(span.service, name, span.traceId);
      }
    },
    dropped: (all) => {
      drops = all;
    },
    findings: (nowMs = Number.POSITIVE_INFINITY) => {
      const tallies = new Map([...settled].map(([id, tally]) => [id, tally.copy()]));
      for (const trace of traces.held()) {
        lintTrace(trace, tallies, nowMs, trace.lastMs + settledMs <= nowMs);
      }
      const found = [
        ...lintDrops(drops),
        ...TRACE_IDS.flatMap((id) => tallies.get(id)?.findings(id, TRACE_LINTS[id]) ?? []),
        ...names.findings(),
        ...SPAN_IDS.flatMap((id) => spanTallies.get(id)?.findings(id, SPAN_LINTS[id]) ?? []),
      ];
      return found.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
    },
  };
}
