declare const __kfImport: (<T>(url: string) => Promise<T>) | undefined;

/** `import()` of a user's module by its URL, also in code that comes out of V8's cache: that has none of its own. */
export function importUser<T = Record<string, unknown>>(url: string): Promise<T> {
  return typeof __kfImport === 'function' ? __kfImport(url) : import(url);
}
