import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { definitionsOf, type ModuleDefinition } from './instrumentation-states.js';
import { forgetWaiting, whenLoaded } from './when-loaded.js';

type Holder = Record<string, unknown>;

/** One function of a module of Node before and after it was patched. */
interface Change {
  readonly holder: Holder;
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

const require = createRequire(import.meta.filename);
const changes: Change[] = [];

/**
 * Patches Node's own modules in place, each when it is loaded: node:http2 and node:https are 4 to 10 MB and 4 to 15 ms of a
 * worker whose app asks for neither. They are one object for require and import alike once their ESM view is brought up to date,
 * so no module hook is needed, neither for CommonJS nor for ESM.
 */
export function patchBuiltins(made: readonly Instrumentation[]): void {
  for (const definition of made.flatMap(definitionsOf)) {
    whenLoaded(definition.name, () => {
      patchBuiltin(definition);
      syncBuiltinESMExports();
    });
  }
}

function patchBuiltin(definition: ModuleDefinition): void {
  const exports = require(definition.name) as Holder;
  const before = functionsOf(exports);
  definition.moduleExports = exports;
  definition.patch?.(exports);
  for (const { holder, name, before: old } of before) {
    if (holder[name] !== old) changes.push({ holder, name, before: old, after: holder[name] });
  }
}

/**
 * Takes the patches out again, the last one first. What somebody has wrapped since stays: an instrumentation's own way to
 * unpatch would take out that wrapper instead.
 */
export function restoreBuiltins(): void {
  forgetWaiting();
  for (const { holder, name, before, after } of changes.splice(0).toReversed()) {
    if (holder[name] === after) holder[name] = before;
  }
  syncBuiltinESMExports();
}

/**
 * Those of a module, and those of the prototypes of its classes. No getter is asked: node:http's of `WebSocket` and the like load
 * all of undici on Node 22 and newer, 5 MB of a worker.
 */
function functionsOf(exports: Holder): Omit<Change, 'after'>[] {
  const own = valuesOf(exports);
  const classes = own.flatMap(({ before }) => (before.prototype === undefined ? [] : valuesOf(before.prototype)));
  return [...own, ...classes];
}

function valuesOf(holder: Holder): { holder: Holder; name: string; before: { prototype?: Holder } }[] {
  return Object.entries(Object.getOwnPropertyDescriptors(holder)).flatMap(([name, { value }]) =>
    typeof value === 'function' ? [{ holder, name, before: value }] : [],
  );
}
