import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { TracerProvider } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { WorkerProvider } from '../../hooks/types.js';
import type { Log } from '../log.js';
import type { AppPackage } from './app.js';
import { type Env, listOf, textOf } from './env.js';
import { loadFromApp } from './third-party.js';

/** Settings for single instrumentations, by short name (`http`, `pg`); passed through as they are. */
export type InstrumentationSettings = Readonly<Record<string, object>>;

const BUILT_IN: Readonly<Record<string, (config: object) => Instrumentation>> = {
  http: (config) => new HttpInstrumentation(config),
  undici: (config) => new UndiciInstrumentation(config),
};

const active: Instrumentation[] = [];
const require = createRequire(import.meta.url);

/** Instruments node:http, node:https, undici and fetch, and what the app brings. Returns the short names, for the log. */
export async function instrument(
  provider: TracerProvider,
  script: string,
  app: AppPackage,
  env: Env,
  log: Log,
  settings: InstrumentationSettings,
): Promise<string[]> {
  const wanted = createFilter(env);
  const names = Object.keys(BUILT_IN).filter(wanted);
  for (const name of names) active.push(BUILT_IN[name]!(settings[name] ?? {}));
  patchBuiltins(active);
  const found = await loadFromApp(script, app, log, settings, wanted, Object.keys(BUILT_IN));
  active.push(...found.instrumentations);
  retarget(provider);
  return [...names, ...found.names];
}

/** Lets all instrumentations write to this provider from now on. */
export function retarget(provider: WorkerProvider): void {
  for (const instrumentation of active) instrumentation.setTracerProvider(provider as TracerProvider);
}

/** OTEL_NODE_ENABLED_INSTRUMENTATIONS names the only ones; OTEL_NODE_DISABLED_INSTRUMENTATIONS takes some away. */
export function createFilter(env: Env): (name: string) => boolean {
  const enabled = listOf(textOf(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'));
  const disabled = listOf(textOf(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'));
  return (name) => (enabled.length === 0 || enabled.includes(name)) && !disabled.includes(name);
}

interface Patchable {
  getModuleDefinitions?(): {
    name: string;
    moduleExports?: unknown;
    patch?(exports: unknown, version?: string): unknown;
  }[];
}

/**
 * Patches Node's own modules in place. They are one object for require and import alike once their ESM view is
 * brought up to date, so no module hook is needed, neither for CommonJS nor for ESM.
 */
function patchBuiltins(instrumentations: readonly Instrumentation[]): void {
  for (const instrumentation of instrumentations) {
    for (const definition of (instrumentation as Patchable).getModuleDefinitions?.() ?? []) {
      const exports: unknown = require(definition.name);
      definition.moduleExports = exports;
      definition.patch?.(exports);
    }
  }
  syncBuiltinESMExports();
}
