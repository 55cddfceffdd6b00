import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Log } from '../../contract/log.js';
import type { AppPackage } from '../app-package.js';
import type { Made } from '../instrumentation-states.js';
import { type Found, hookImports, warnOfFailed, warnOfLoaded } from '../third-party.js';

export interface LoggerOptions {
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

/** Those for pino and winston that come with us; one that the app brings itself is left to it, with its settings. */
export async function instrumentLoggers({ app, log, wanted, correlate, capture }: LoggerOptions): Promise<Found> {
  // Not in the bundle: they hook into require and import, which what is in the bundle cannot.
  const fromHere = requireBeside(app);
  const asked = Object.keys(LOGGERS).filter((name) => wanted(name) && !bringsItself(app, name));
  const before = new Set(Object.keys(fromHere.cache));
  const names: string[] = [];
  const made: Made[] = [];
  for (const name of asked as (keyof typeof LOGGERS)[]) {
    try {
      const Class = fromHere(PREFIX + name)[LOGGERS[name]] as new (config: object) => Instrumentation;
      const instrumentation = new Class({ disableLogCorrelation: !correlate, disableLogSending: !capture });
      made.push({ name, package: PREFIX + name, instrumentation, before });
      names.push(name);
    } catch (error) {
      // A package of ours that is not there must not keep the app from starting.
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

/** Where a supervisor runs on a copy of its files there is no package around it: then as the app sees them. */
function requireBeside({ dir }: AppPackage): NodeJS.Require {
  const fromHere = createRequire(import.meta.url);
  try {
    fromHere.resolve(`${PREFIX}pino`);
    return fromHere;
  } catch {
    return createRequire(join(dir, 'package.json'));
  }
}

/** Whether the app has that instrumentation among its dependencies: then it is loaded from there. */
export function bringsItself({ dependencies }: AppPackage, name: string): boolean {
  return dependencies.includes(PREFIX + name) || dependencies.includes(AUTO);
}
