import type { Head } from './encode/head.js';

/** Items that travel together, encoded. */
export interface Part {
  /** A whole export request; with a head, only the items that belong below it. */
  readonly bytes: Uint8Array;
  /** Spans, log records or metrics inside. */
  readonly items: number;
  readonly head?: Head;
}

export function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.bytes.length, 0);
}

/** Adds `more` to the end of `parts`; what lies right behind its neighbour in memory becomes one with it. */
export function appendParts(parts: Part[], more: readonly Part[]): void {
  for (const part of more) {
    const last = parts.at(-1);
    if (last && areNeighbours(last, part)) parts[parts.length - 1] = joined(last, part);
    else parts.push(part);
  }
}

function areNeighbours(a: Part, b: Part): boolean {
  if (a.head === undefined || a.head !== b.head) return false;
  return a.bytes.buffer === b.bytes.buffer && a.bytes.byteOffset + a.bytes.length === b.bytes.byteOffset;
}

function joined(a: Part, b: Part): Part {
  const bytes = new Uint8Array(a.bytes.buffer, a.bytes.byteOffset, a.bytes.length + b.bytes.length);
  return { bytes, items: a.items + b.items, head: a.head! };
}
