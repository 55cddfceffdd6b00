import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { TracerProvider } from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { OtherProviders, WorkerProvider } from '../../hooks/types.js';
import type { Log } from '../contract/log.js';
import type { Env } from '../otel-env/read-variable.js';
import type { AppPackage } from './app-package.js';
import { createFilter } from './filter.js';
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
  app: AppPackage,
  env: Env,
  log: Log,
  settings: InstrumentationSettings,
): Promise<string[]> {
  const wanted = createFilter(env);
  const names = Object.keys(BUILT_IN).filter(wanted);
  const builtIn = names.map((name) => BUILT_IN[name]!(settings[name] ?? {}));
  patchBuiltins(builtIn);
  const found = await loadFromApp(app, log, settings, wanted, Object.keys(BUILT_IN));
  active.push(...builtIn, ...found.instrumentations);
  return [...names, ...found.names];
}

/** Takes in instrumentations that were made elsewhere. */
export function addInstrumentations(made: readonly Instrumentation[]): void {
  active.push(...made);
}

/** Lets all instrumentations write to these providers from now on. */
export function retarget(provider: WorkerProvider, { meterProvider, loggerProvider }: OtherProviders = {}): void {
  for (const instrumentation of active) {
    instrumentation.setTracerProvider(provider as TracerProvider);
    if (meterProvider) instrumentation.setMeterProvider(meterProvider);
    if (loggerProvider) instrumentation.setLoggerProvider?.(loggerProvider as LoggerProvider);
  }
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
