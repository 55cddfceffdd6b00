/** The keys of a table as its type names them. For tables that are written out in the source: any other object may have more. */
export function keysOf<T extends object>(table: T): (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}

/** The same with their values. */
export function entriesOf<T extends object>(table: T): [keyof T & string, T[keyof T & string]][] {
  return Object.entries(table) as [keyof T & string, T[keyof T & string]][];
}

/** Whether the table has such a row of its own. */
export function isKeyOf<T extends object>(table: T, key: string): key is keyof T & string {
  return Object.hasOwn(table, key);
}

/** A table with a row for each of these keys. */
export function tableOf<K extends string, V>(keys: readonly K[], rowOf: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, rowOf(key)])) as Record<K, V>;
}

/** Whether the text is one of these. */
export function isOneOf<T extends string>(names: readonly T[], text: string): text is T {
  return names.some((name) => name === text);
}
