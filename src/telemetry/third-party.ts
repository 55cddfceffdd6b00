import { existsSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { codeOf } from '../contract/system-error.js';
import { importUser } from '../system/import-user.js';
import type { AppPackage } from './app-package.js';
import { guardPatches } from './guard-patches.js';
import { AUTO, DEFAULTS, isInstrumentation, longNameOf, shortNameOf } from './instrumentation-packages.js';
import { definitionsOf, fileOf, type Made } from './instrumentation-states.js';

export interface Found {
  /** For the log. */
  readonly names: readonly string[];
  readonly made: readonly Made[];
}

interface LoadParts {
  readonly app: AppPackage;
  readonly log: Log;
  readonly settings: Readonly<Record<string, object>>;
  readonly wanted: (name: string) => boolean;
  /** Short names of those that are not to be loaded. */
  readonly builtIn: readonly string[];
  /** Directories outside of the app that bring instrumentations too. */
  readonly from: readonly string[];
}

/**
 * Loads the instrumentation packages that the app or its workspace lists, from the app's own node_modules, and all those
 * of the OpenTelemetry project from further directories as far as the app has none of its own.
 */
export async function loadFromApp(parts: LoadParts): Promise<Found> {
  const { app, wanted, builtIn } = parts;
  const loading = new Loading(parts);
  const fromApp = createRequire(join(app.dir, 'package.json'));
  const listed = [...app.dependencies, ...app.devDependencies].filter(isInstrumentation);
  for (const name of listed.filter((one) => one !== AUTO)) {
    const short = shortNameOf(name);
    if (builtIn.includes(short) || !wanted(short)) continue;
    await loading.load(name, fromApp, !app.dependencies.includes(name));
  }
  if (listed.includes(AUTO)) await loading.load(AUTO, fromApp, !app.dependencies.includes(AUTO));
  for (const dir of parts.from) await loading.load(AUTO, createRequire(join(dir, 'package.json')), true);
  await loading.hookImports();
  return loading;
}

class Loading implements Found {
  readonly names: string[] = [];
  readonly made: Made[] = [];
  readonly #parts: LoadParts;
  readonly #files = new Set<string>();

  constructor(parts: LoadParts) {
    this.#parts = parts;
  }

  /** @param mayBeAbsent whether it may be missing without a word */
  async load(name: string, from: NodeJS.Require, mayBeAbsent: boolean): Promise<void> {
    const { log } = this.#parts;
    try {
      const file = from.resolve(name);
      const before = new Set(Object.keys(from.cache));
      const exports = await exportsOf(file, from);
      const added = name === AUTO ? this.#makeAll(exports) : this.#make(name, exports);
      const made = added.map((one) => ({ ...one, before }));
      guardPatches(made, log);
      this.made.push(...made);
      warnOfLoaded(
        added.map(({ instrumentation }) => instrumentation),
        before,
        log,
      );
      this.names.push(name === AUTO ? `auto(${added.length})` : shortNameOf(name));
      if (added.length > 0) this.#files.add(file);
    } catch (error) {
      const absent = codeOf(error) === 'MODULE_NOT_FOUND' && mayBeAbsent;
      if (!absent) warnOfFailed(name, error, log);
    }
  }

  /** A CommonJS app may import ES modules; where its script does not say so no loader is paid for. */
  async hookImports(): Promise<void> {
    if (!this.#parts.app.imports) return;
    for (const file of this.#files) await hookImports(file, this.#parts.log);
  }

  #make(name: string, exports: Record<string, unknown>): Omit<Made, 'before'>[] {
    const short = shortNameOf(name);
    const config = { ...DEFAULTS[short], ...this.#parts.settings[short] };
    const classes = Object.entries(exports).filter(
      (entry): entry is [string, Constructor] => /Instrumentation$/.test(entry[0]) && typeof entry[1] === 'function',
    );
    return classes.map(([, Class]) => ({ name: short, package: name, instrumentation: new Class(config) }));
  }

  /** Honours OTEL_NODE_* by itself; ours and the app's own are switched off in it, or each request would have two spans. */
  #makeAll(exports: Record<string, unknown>): Omit<Made, 'before'>[] {
    const { settings, builtIn } = this.#parts;
    const config: Record<string, object> = {};
    for (const [short, value] of Object.entries(settings)) config[longNameOf(short)] = value;
    for (const short of [...builtIn, ...this.made.map(({ name }) => name)])
      config[longNameOf(short)] = { enabled: false };
    const all = (exports.getNodeAutoInstrumentations as (config: object) => Instrumentation[])(config);
    return all.map((instrumentation) => {
      const own = instrumentation.instrumentationName;
      return { name: shortNameOf(own), package: own, instrumentation };
    });
  }
}

type Constructor = new (config: object) => Instrumentation;

/** By require, which CommonJS and ES modules without a top-level await share; else by import. */
async function exportsOf(file: string, from: NodeJS.Require): Promise<Record<string, unknown>> {
  try {
    return from(file) as Record<string, unknown>;
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (!['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'].includes(code)) throw error;
    return await importUser(pathToFileURL(file).href);
  }
}

/** An instrumentation package that cannot be loaded: the app runs without it. */
export function warnOfFailed(dependency: string, error: unknown, log: Log): void {
  const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
  log.warn('instrumentation not loaded', { package: dependency, why, fix: `npm i ${dependency}` });
}

/** A module that is there before its instrumentation stays as it is: by NODE_OPTIONS=-r, or by a hooks file. */
export function warnOfLoaded(made: readonly Instrumentation[], loaded: ReadonlySet<string>, log: Log): void {
  for (const { name } of made.flatMap(definitionsOf)) {
    const file = fileOf(name, loaded);
    const fix = 'load it in the app, not in NODE_OPTIONS, --node-args or a hooks file';
    if (file) eventLog(log, 'loaded-early').warn('module loaded before instrumentation', { module: name, file, fix });
  }
}

/** What import-in-the-middle has in `register-hooks.mjs`. */
interface SyncHooks {
  supportsSyncHooks(): boolean;
  register(): void;
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
    const { supportsSyncHooks, register } = await importUser<SyncHooks>(pathToFileURL(inThread).href);
    if (supportsSyncHooks()) return register();
  }
  log.debug('a loader thread is started for ESM instrumentations');
  register(pathToFileURL(join(base, 'hook.mjs')).href);
}
