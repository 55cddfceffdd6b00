import { existsSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Log } from '../contract/log.js';
import type { AppPackage } from './app-package.js';

export interface Found {
  readonly names: readonly string[];
  readonly instrumentations: readonly Instrumentation[];
}

const PREFIX = '@opentelemetry/instrumentation-';
const AUTO = '@opentelemetry/auto-instrumentations-node';

/** Loads the instrumentation packages among the app's dependencies, from the app's own node_modules. */
export async function loadFromApp(
  app: AppPackage,
  log: Log,
  settings: Readonly<Record<string, object>>,
  wanted: (name: string) => boolean,
  builtIn: readonly string[],
): Promise<Found> {
  const names: string[] = [];
  const instrumentations: Instrumentation[] = [];
  const hookPackages: string[] = [];
  const fromApp = createRequire(join(app.dir, 'package.json'));
  for (const dependency of app.dependencies) {
    const short = dependency.slice(PREFIX.length);
    const isAuto = dependency === AUTO;
    if (!isAuto && (!dependency.startsWith(PREFIX) || builtIn.includes(short) || !wanted(short))) continue;
    try {
      const before = new Set(Object.keys(fromApp.cache));
      const exports = fromApp(dependency) as Record<string, unknown>;
      const made = isAuto ? makeAll(exports, settings, builtIn) : make(exports, settings[short] ?? {});
      instrumentations.push(...made);
      warnOfLoaded(made, before, log);
      names.push(isAuto ? `auto(${made.length})` : short);
      if (made.length > 0) hookPackages.push(fromApp.resolve(dependency));
    } catch (error) {
      warnOfFailed(dependency, error, log);
    }
  }
  if (app.esm) for (const file of hookPackages) await hookImports(file, log);
  return { names, instrumentations };
}

/** An instrumentation package that cannot be loaded: the app runs without it. */
export function warnOfFailed(dependency: string, error: unknown, log: Log): void {
  const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
  log.warn('instrumentation not loaded', { package: dependency, why, fix: `npm i ${dependency}` });
}

/** A module that is there before its instrumentation stays as it is: by NODE_OPTIONS=-r, or by a hooks file. */
export function warnOfLoaded(made: readonly Instrumentation[], loaded: ReadonlySet<string>, log: Log): void {
  for (const instrumentation of made) {
    for (const { name } of (instrumentation as Patchable).getModuleDefinitions?.() ?? []) {
      const folder = join('node_modules', ...name.split('/'), sep);
      const file = [...loaded].find((path) => path.includes(folder));
      const fix = 'load it in the app, not in NODE_OPTIONS, --node-args or a hooks file';
      if (file) log.warn('module loaded before instrumentation', { module: name, file, fix });
    }
  }
}

interface Patchable {
  getModuleDefinitions?(): readonly { readonly name: string }[];
}

type Constructor = new (config: object) => Instrumentation;

function make(exports: Record<string, unknown>, config: object): Instrumentation[] {
  const classes = Object.entries(exports).filter(
    (entry): entry is [string, Constructor] => /Instrumentation$/.test(entry[0]) && typeof entry[1] === 'function',
  );
  return classes.map(([, Class]) => new Class(config));
}

/** Honours the OTEL_NODE_* variables by itself; ours are switched off in it, or each request would have two spans. */
function makeAll(
  exports: Record<string, unknown>,
  settings: Readonly<Record<string, object>>,
  builtIn: readonly string[],
): Instrumentation[] {
  const config: Record<string, object> = {};
  for (const [short, value] of Object.entries(settings)) config[PREFIX + short] = value;
  for (const short of builtIn) config[PREFIX + short] = { enabled: false };
  return (exports.getNodeAutoInstrumentations as (config: object) => Instrumentation[])(config);
}

const hooked = new Set<string>();

/**
 * Lets the instrumentation packages see imports. The hook must be the very copy they use, so it is found from there.
 * In-thread hooks where this Node and that copy have them; else a loader thread, which costs memory and boot time.
 */
export async function hookImports(packageFile: string, log: Log): Promise<void> {
  const base = dirname(createRequire(packageFile).resolve('@opentelemetry/instrumentation/package.json'));
  if (hooked.has(base)) return;
  hooked.add(base);
  const hooks = dirname(createRequire(join(base, 'hook.mjs')).resolve('import-in-the-middle/package.json'));
  const inThread = join(hooks, 'register-hooks.mjs');
  if (existsSync(inThread)) {
    const { supportsSyncHooks, register } = await import(pathToFileURL(inThread).href);
    if (supportsSyncHooks()) return register();
  }
  log.debug('a loader thread is started for ESM instrumentations');
  register(pathToFileURL(join(base, 'hook.mjs')).href);
}
