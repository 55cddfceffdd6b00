import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Log } from '../../contract/log.js';
import { keysOf } from '../../contract/table-keys.js';
import type { AppPackage } from '../app-package.js';
import type { Made } from '../instrumentation-states.js';
import { type Found, hookImports, warnOfFailed, warnOfLoaded } from '../third-party.js';

interface LoggerOptions {
  readonly app: AppPackage;
  readonly log: Log;
  /** By OTEL_NODE_*_INSTRUMENTATIONS. */
  readonly wanted: (name: string) => boolean;
  /** Ids of the active span in what is logged. */
  readonly correlate: boolean;
  /** What is logged becomes log records. */
  readonly capture: boolean;
}

const LOGGERS = { pino: 'PinoInstrumentation', winston: 'WinstonInstrumentation' } as const;
const PREFIX = '@opentelemetry/instrumentation-';
const AUTO = '@opentelemetry/auto-instrumentations-node';

/**
 * Those for pino and winston, which few need and which are no dependency of ours: one that is missing where the app has the
 * logger is named. One that the app brings itself is left to it, with its settings.
 */
export async function instrumentLoggers({ app, log, wanted, correlate, capture }: LoggerOptions): Promise<Found> {
  // Not in the bundle: they hook into require and import, which what is in the bundle cannot.
  const fromHere = requireBeside(app);
  const asked = keysOf(LOGGERS).filter((name) => wanted(name) && !bringsItself(app, name));
  const before = new Set(Object.keys(fromHere.cache));
  const names: string[] = [];
  const made: Made[] = [];
  for (const name of asked) {
    if (!isThere(fromHere, PREFIX + name)) {
      if (app.dependencies.includes(name)) warnOfMissing(name, capture, log);
      continue;
    }
    try {
      const Class = fromHere(PREFIX + name)[LOGGERS[name]] as new (config: object) => Instrumentation;
      const instrumentation = new Class({ disableLogCorrelation: !correlate, disableLogSending: !capture });
      made.push({ name, package: PREFIX + name, instrumentation, before });
      names.push(name);
    } catch (error) {
      // A package that cannot be loaded must not keep the app from starting.
      warnOfFailed(PREFIX + name, error, log);
    }
  }
  warnOfLoaded(
    made.map(({ instrumentation }) => instrumentation),
    before,
    log,
  );
  if (app.imports && names[0]) await hookImports(fromHere.resolve(PREFIX + names[0]), log);
  return { names, made };
}

function warnOfMissing(name: string, capture: boolean, log: Log): void {
  const packages = [PREFIX + name, ...(name === 'winston' && capture ? ['@opentelemetry/winston-transport'] : [])];
  const lost = capture ? 'become no log records' : 'get no trace ids';
  log.warn(`lines of ${name} ${lost}: ${PREFIX + name} is not installed`, { fix: `npm install ${packages.join(' ')}` });
}

/** As the app sees them, or as we do, where the two differ. */
function requireBeside({ dir }: AppPackage): NodeJS.Require {
  const fromApp = createRequire(join(dir, 'package.json'));
  const fromHere = createRequire(import.meta.filename);
  return Object.keys(LOGGERS).some((name) => isThere(fromApp, PREFIX + name)) ? fromApp : fromHere;
}

function isThere(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false; // not there, or with exports that hide it: it cannot be loaded
  }
}

/** Whether the app has that instrumentation among its dependencies: then it is loaded from there. */
export function bringsItself({ dependencies }: AppPackage, name: string): boolean {
  return dependencies.includes(PREFIX + name) || dependencies.includes(AUTO);
}
