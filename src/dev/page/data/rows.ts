/**
 * Rows of a live tail, newest last: a changed row keeps its place, a new one is appended, and of more than `most` the oldest
 * go.
 */
export function mergeRows<T>(
  held: readonly T[],
  come: readonly T[],
  keyOf: (row: T) => string,
  most: number,
): readonly T[] {
  const byKey = new Map(held.map((row) => [keyOf(row), row]));
  for (const row of come) byKey.set(keyOf(row), row);
  const rows = [...byKey.values()];
  return rows.length > most ? rows.slice(rows.length - most) : rows;
}
