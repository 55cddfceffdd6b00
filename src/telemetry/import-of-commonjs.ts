/** What an instrumentation does to a module; given back: what the module is from then on. */
export type Patch = (exports: unknown, version?: string) => unknown;

/**
 * Written for `require` alone: given the namespace of an import they do not throw, and patch what nobody calls, or put something
 * that cannot be called in the place of the module's function. Each was seen to (docs/BOOTSTRAP.md).
 */
const FOR_REQUIRE_ALONE: ReadonlySet<string> = new Set(
  ['connect', 'generic-pool', 'lru-memoizer', 'mysql', 'oracledb'].map(
    (name) => `@opentelemetry/instrumentation-${name}`,
  ),
);

/**
 * Patches a module as its instrumentation knows it. An ES module that imports a CommonJS one gets a namespace with what it exports
 * as `default`; many instrumentations know `module.exports` alone. Those are given just that, and the names that the namespace
 * has follow.
 *
 * @throws what the instrumentation throws
 */
export function patchEither(patch: Patch, from: string, exports: unknown, version: string | undefined): unknown {
  const own = exportsBehind(exports);
  if (own === undefined) return patch(exports, version);
  if (FOR_REQUIRE_ALONE.has(from)) return patchOwn(patch, own, exports, version);
  try {
    return patch(exports, version);
  } catch {
    return patchOwn(patch, own, exports, version); // what it throws now is what it throws at require as well
  }
}

/** `module.exports` of the CommonJS module that a namespace was made of. */
function exportsBehind(exports: unknown): object | undefined {
  if (!isObject(exports) || Reflect.get(exports, Symbol.toStringTag) !== 'Module') return undefined;
  const own: unknown = Reflect.get(exports, 'default');
  return isObject(own) ? own : undefined;
}

function patchOwn(patch: Patch, own: object, namespace: unknown, version: string | undefined): unknown {
  if (!isObject(namespace)) return patch(own, version);
  const names = Object.keys(namespace).filter((name) => name !== 'default' && Object.hasOwn(own, name));
  const before = names.map((name): unknown => Reflect.get(own, name));
  const patched = patch(own, version);
  names.forEach((name, at) => {
    const value: unknown = Reflect.get(own, name);
    if (value !== before[at]) Reflect.set(namespace, name, value);
  });
  return patched;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
