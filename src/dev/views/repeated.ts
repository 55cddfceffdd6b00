import type { Trace } from '../store/trace-index.js';
import type { SpanOrder } from './span-order.js';

/** From so many on that follow each other they are shown as one. */
const LEAST = 5;

/**
 * Siblings of one name and kind that follow each other, as many queries of one loop do, by their places in `ordered`. A sibling
 * that has children of its own is not folded.
 */
export function findRepeated(
  { places }: Trace,
  names: readonly number[],
  parentIds: readonly (string | undefined)[],
  { ordered, hasChildren }: SpanOrder,
): readonly (readonly number[])[] {
  const runs: number[][] = [];
  const latest = new Map<string, { readonly first: number; readonly run: number[] }>();
  for (const [index, at] of ordered.entries()) {
    if (hasChildren[at] === 1) {
      latest.delete(parentIds[at] ?? '');
      continue;
    }
    const before = latest.get(parentIds[at] ?? '');
    if (before !== undefined && names[before.first] === names[at] && kindOf(before.first) === kindOf(at)) {
      before.run.push(index);
      continue;
    }
    const run = [index];
    latest.set(parentIds[at] ?? '', { first: at, run });
    runs.push(run);
  }
  return runs.filter(({ length }) => length >= LEAST);

  function kindOf(at: number): number | undefined {
    const { segment, row } = places[at] ?? {};
    return row === undefined ? undefined : segment?.kind[row];
  }
}
