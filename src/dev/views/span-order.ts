/** What of each span is asked for more than once, by its place in the trace. */
export interface SpanColumns {
  readonly spanId: readonly string[];
  readonly parentId: readonly (string | undefined)[];
  readonly start: Float64Array;
  /** A number that those of one name have. */
  readonly name: Uint32Array;
  readonly kind: Uint8Array;
}

/** Spans by their place in the list they were given in. */
export interface SpanOrder {
  /** In the order of the waterfall. */
  readonly ordered: readonly number[];
  readonly depth: Uint32Array;
  /** The place of each one's parent, or -1. */
  readonly parent: Int32Array;
  readonly hasChildren: Uint8Array;
}

/**
 * Parents before their children, siblings by their start. What names a parent that is not held stands at the top, and so does
 * the first of spans that name each other in a ring.
 */
export function inOrder({ spanId, parentId, start }: SpanColumns): SpanOrder {
  const size = spanId.length;
  const known = new Map<string, number>();
  for (let at = 0; at < size; at++) known.set(spanId[at] ?? '', at);
  const parent = new Int32Array(size).fill(-1);
  for (let at = 0; at < size; at++) {
    const id = parentId[at];
    if (id !== undefined) parent[at] = known.get(id) ?? -1;
  }
  const byStart = Uint32Array.from(start.keys()).sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0));
  // The children of each place as a list linked by their places, the earliest first; the last entry has those at the top.
  const first = new Int32Array(size + 1).fill(-1);
  const following = new Int32Array(size).fill(-1);
  for (let last = size - 1; last >= 0; last--) {
    const at = byStart[last] ?? 0;
    const above = parent[at] === -1 ? size : (parent[at] ?? size);
    following[at] = first[above] ?? -1;
    first[above] = at;
  }
  const ordered: number[] = [];
  const depth = new Uint32Array(size);
  const seen = new Uint8Array(size);
  const walk = (from: number, isAlone: boolean) => {
    const stack = [from];
    for (let at = stack.pop(); at !== undefined && at !== -1; at = stack.pop()) {
      const next = following[at] ?? -1;
      if (next !== -1 && !(isAlone && at === from)) stack.push(next);
      if (seen[at] === 1) continue;
      seen[at] = 1;
      ordered.push(at);
      const below = first[at] ?? -1;
      depth[at] = depthOf(at);
      if (below !== -1) stack.push(below);
    }
  };
  const depthOf = (at: number) => {
    const above = parent[at] ?? -1;
    return above === -1 || seen[above] === 0 ? 0 : (depth[above] ?? 0) + 1;
  };
  if (first[size] !== -1) walk(first[size] ?? -1, false);
  for (const at of byStart) if (seen[at] === 0) walk(at, true);
  return { ordered, depth, parent, hasChildren: Uint8Array.from(first.subarray(0, size), (at) => (at === -1 ? 0 : 1)) };
}
