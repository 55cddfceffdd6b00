import type { SpanColumns, SpanOrder } from './span-order.js';

/** From so many on that follow each other they are shown as one. */
const LEAST = 5;

/**
 * Siblings of one name and kind that follow each other, as many queries of one loop do, by their places in `ordered`. A sibling
 * that has children of its own is not folded.
 */
export function findRepeated(
  { parentId, name, kind }: SpanColumns,
  { ordered, hasChildren }: SpanOrder,
): readonly (readonly number[])[] {
  const runs: number[][] = [];
  const latest = new Map<string, { readonly first: number; readonly run: number[] }>();
  for (const [index, at] of ordered.entries()) {
    if (hasChildren[at] === 1) {
      latest.delete(parentId[at] ?? '');
      continue;
    }
    const before = latest.get(parentId[at] ?? '');
    if (before !== undefined && name[before.first] === name[at] && kind[before.first] === kind[at]) {
      before.run.push(index);
      continue;
    }
    const run = [index];
    latest.set(parentId[at] ?? '', { first: at, run });
    runs.push(run);
  }
  return runs.filter(({ length }) => length >= LEAST);
}
