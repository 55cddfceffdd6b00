import type { MapEdge, MapNode } from '../data/contract.js';

export interface Placed {
  readonly node: MapNode;
  readonly x: number;
  readonly y: number;
}

export const NODE = { width: 150, height: 44 };
const GAP = { x: 130, y: 26 };

/** Callers on the left, what they call to the right of them; a circle of calls is cut at its first node. */
export function layOut(nodes: readonly MapNode[], edges: readonly MapEdge[]): readonly Placed[] {
  const columns = columnsOf(nodes, edges);
  const heights = new Map<number, number>();
  return nodes.map((node) => {
    const column = columns.get(node.id) ?? 0;
    const row = heights.get(column) ?? 0;
    heights.set(column, row + 1);
    return { node, x: column * (NODE.width + GAP.x), y: row * (NODE.height + GAP.y) };
  });
}

function columnsOf(nodes: readonly MapNode[], edges: readonly MapEdge[]): ReadonlyMap<string, number> {
  const called = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to));
  const roots = nodes.filter(({ id }) => !called.has(id));
  const columns = new Map<string, number>();
  const visit = (id: string, column: number, path: ReadonlySet<string>) => {
    if (path.has(id) || (columns.get(id) ?? -1) >= column) return;
    columns.set(id, column);
    for (const { from, to } of edges) if (from === id) visit(to, column + 1, new Set(path).add(id));
  };
  for (const { id } of roots) visit(id, 0, new Set());
  for (const { id } of nodes) if (!columns.has(id)) visit(id, 0, new Set());
  return columns;
}
