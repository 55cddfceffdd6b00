import { isBuiltin } from 'node:module';
import { sep } from 'node:path';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { InstrumentationState, ModuleState } from '../contract/instrumentation-state.js';
import type { Patch } from './import-of-commonjs.js';

/** One that was made, and what was there before it. */
export interface Made {
  readonly name: string;
  readonly package: string;
  readonly instrumentation: Instrumentation;
  /** Files of modules that were loaded already. */
  readonly before: ReadonlySet<string>;
}

/** What an instrumentation of OpenTelemetry says of a module that it patches; `moduleExports` is there once it did. */
export interface ModuleDefinition {
  readonly name: string;
  readonly supportedVersions?: readonly string[];
  readonly moduleVersion?: string | undefined;
  moduleExports?: unknown;
  patch?: Patch;
  readonly files?: readonly { readonly name: string; readonly moduleExports?: unknown; patch?: Patch }[];
}

/** Why a definition threw when it was to patch. */
const failures = new WeakMap<ModuleDefinition, string>();

export function noteFailure(definition: ModuleDefinition, why: string): void {
  failures.set(definition, why);
}

/** Looks at each of them anew. @param loaded the files of CommonJS modules that are loaded now */
export function statesOf(all: readonly Made[], loaded: Iterable<string>): InstrumentationState[] {
  const files = [...loaded];
  return all.map(({ name, package: from, instrumentation, before }) => {
    const modules = definitionsOf(instrumentation).map((definition) => moduleState(definition, before, files));
    const outbox = modules.find(({ state }) => state !== 'not-loaded') ?? modules[0];
    const patched = modules.length === 0 || modules.some(({ state }) => state === 'patched');
    return {
      ...{ name, package: from, state: patched ? 'patched' : (outbox?.state ?? 'not-loaded'), modules },
      ...(!patched && outbox?.why && { why: outbox.why }),
    };
  });
}

/**
 * Its own ones: `getModuleDefinitions` makes others at each call, which never hear of what was patched. With those of the
 * instrumentations that it is made of: redis has one for each family of versions.
 */
export function definitionsOf(instrumentation: Instrumentation): readonly ModuleDefinition[] {
  return [instrumentation, ...Object.values(instrumentation)].flatMap((one: unknown) =>
    hasModules(one) ? one._modules : [],
  );
}

function hasModules(one: unknown): one is { readonly _modules: readonly ModuleDefinition[] } {
  return typeof one === 'object' && one !== null && '_modules' in one && Array.isArray(one._modules);
}

/** The file of a module in node_modules, among these. */
export function fileOf(module: string, files: Iterable<string>): string | undefined {
  const folder = ['node_modules', ...module.split('/'), ''].join(sep);
  for (const file of files) if (file.includes(folder)) return file;
  return undefined;
}

function moduleState(
  definition: ModuleDefinition,
  before: ReadonlySet<string>,
  loaded: readonly string[],
): InstrumentationState['modules'][number] {
  const { name, moduleVersion: version, supportedVersions = [] } = definition;
  const found = (state: ModuleState, why?: string) => ({
    ...{ name, state },
    ...(version !== undefined && { version }),
    ...(why !== undefined && { why }),
  });
  const failure = failures.get(definition);
  if (failure !== undefined) return found('failed', `its instrumentation threw: ${failure}`);
  if (definition.moduleExports !== undefined) return found('patched');
  if (definition.files?.some((file) => file.moduleExports !== undefined)) return found('patched');
  const early = fileOf(name, before);
  if (early !== undefined) return found('loaded-before', `${name} was loaded before its instrumentation: ${early}`);
  if (version !== undefined) {
    return found('version', `${name} ${version} is none that it knows: ${supportedVersions.join(' || ')}`);
  }
  if (isBuiltin(name)) return found('not-loaded', `the app has not loaded node:${name}`);
  if (fileOf(name, loaded) === undefined) {
    return found('not-loaded', `the app has not loaded ${name}: it is not used, or bundled into a file of the app`);
  }
  return found('unseen', `${name} was loaded past it: by import, where no hook for ES modules is registered`);
}
