import type { SpanNode } from '../page-api.js';

/** From so many on that follow each other they are shown as one. */
const LEAST = 5;

/**
 * Marks the first of siblings of one name and kind that follow each other, as many queries of one loop do; all spans stay in
 * the list. A sibling that has children of its own is not folded.
 *
 * @param ordered parents before their children, siblings by start
 */
export function foldRepeated(ordered: readonly SpanNode[]): readonly SpanNode[] {
  const parents = new Set(ordered.map(({ parentId }) => parentId));
  const runs = new Map<string, SpanNode[]>();
  const latest = new Map<string, SpanNode[]>();
  for (const span of ordered) {
    const parent = span.parentId ?? '';
    const run = latest.get(parent);
    const first = run?.[0];
    const follows =
      first !== undefined && first.name === span.name && first.kind === span.kind && !parents.has(span.spanId);
    if (run !== undefined && follows) run.push(span);
    else {
      const begun = [span];
      latest.set(parent, begun);
      if (!parents.has(span.spanId)) runs.set(span.spanId, begun);
    }
  }
  return ordered.map((span) => {
    const run = runs.get(span.spanId);
    if (run === undefined || run.length < LEAST) return span;
    const total = run.reduce((sum, { duration }) => sum + duration, 0);
    return { ...span, repeated: { count: run.length, total, spanIds: run.map(({ spanId }) => spanId) } };
  });
}
