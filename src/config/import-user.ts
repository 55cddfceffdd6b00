declare const __kfImport: ((url: string) => Promise<Record<string, unknown>>) | undefined;

/** `import()` of a user's module by its URL, also in code that comes out of V8's cache: that has none of its own. */
export function importUser(url: string): Promise<Record<string, unknown>> {
  return typeof __kfImport === 'function' ? __kfImport(url) : import(url);
}
