import { readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** What telemetry wants to know of the app's package. */
export interface AppPackage {
  /** Directory of the nearest package.json, or of the script when there is none. */
  readonly dir: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly dependencies: readonly string[];
  /** Whether Node loads the script as an ES module. */
  readonly esm: boolean;
}

/** Reads the package.json nearest to the script, upwards. A package.json that is not JSON counts as absent. */
export function readAppPackage(script: string): AppPackage {
  const start = dirname(realPath(script));
  for (let dir = start; ; dir = dirname(dir)) {
    const json = readJson(join(dir, 'package.json'));
    if (json) {
      return {
        dir,
        name: text(json.name),
        version: text(json.version),
        // Ours are no wish of an app: so it is for the examples and tests in this package.
        dependencies:
          json.name === 'kf-cluster' ? [] : [...keys(json.dependencies), ...keys(json.optionalDependencies)],
        esm: isEsm(script, json.type),
      };
    }
    if (dir === dirname(dir)) break;
  }
  return { dir: start, name: undefined, version: undefined, dependencies: [], esm: isEsm(script, undefined) };
}

function isEsm(script: string, type: unknown): boolean {
  const extension = extname(script);
  if (extension === '.mjs' || extension === '.mts') return true;
  return type === 'module' && extension !== '.cjs' && extension !== '.cts';
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // A script that is not there is reported by Node itself when it loads it.
    return file;
  }
}

/** The object in a JSON file, or undefined when it is missing or none. */
export function readJson(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Absent is the usual case on the way up; Node itself complains about a broken one.
    return undefined;
  }
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const keys = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : []);
