import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isEsmScript } from '../config/module-type.js';
import { nodeFs } from '../config/node-fs.js';
import { dirsOf, PACKAGES, projectOf } from '../config/project.js';
import { isRecord } from '../contract/record-guard.js';

/** What telemetry wants to know of the app's package. */
export interface AppPackage {
  /** Directory of the project's package.json, or of the script when there is none. */
  readonly dir: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly dependencies: readonly string[];
  /** Those that are absent in production, as a rule. */
  readonly devDependencies: readonly string[];
  /** Whether ES modules are imported: the script is one, or says so. */
  readonly imports: boolean;
}

/**
 * Reads the package.json files of the app's project. One that is not JSON counts as absent.
 *
 * @param dirs the project's, then its workspace's: both may list instrumentations, and a member without a version has that
 *   of the workspace. By default they are searched from the script and the working directory.
 */
export function readAppPackage(script: string, dirs = searchDirs(script)): AppPackage {
  const [dir = dirname(script), ...above] = dirs;
  const own = readJson(join(dir, 'package.json'));
  const all = [own, ...above.map((place) => readJson(join(place, 'package.json')))];
  return {
    dir,
    name: text(own?.name),
    version: all.map((json) => text(json?.version)).find((version) => version !== undefined),
    dependencies: [...new Set(all.flatMap((json) => namesIn(json, 'dependencies', 'optionalDependencies')))],
    devDependencies: [...new Set(all.flatMap((json) => namesIn(json, 'devDependencies')))],
    imports: isEsmScript(script) || importsModules(script),
  };
}

/** A CommonJS script that imports; further files are not looked into. */
function importsModules(script: string): boolean {
  return /\bimport\s*\(/.test(nodeFs.readText(script) ?? '');
}

function searchDirs(script: string): readonly string[] {
  return dirsOf(projectOf(nodeFs.realPath(script), process.cwd(), nodeFs));
}

/** Ours are no wish of an app: so it is for the examples and tests in this package. */
function namesIn(json: Record<string, unknown> | undefined, ...lists: readonly string[]): string[] {
  if (json === undefined || json.name === 'kf-cluster') return [];
  return lists.flatMap((list) => keys(json[list]));
}

/** Where the app's own code is: beside the script, unless that is another package's. */
export function codeDirOf({
  script,
  projectDir,
}: {
  readonly script: string;
  readonly projectDir?: string | undefined;
}): string {
  return projectDir !== undefined && script.includes(PACKAGES) ? projectDir : dirname(script);
}

/** The object in a JSON file, or undefined when it is missing or none. */
export function readJson(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    // Absent is the usual case on the way up; Node itself complains about a broken one.
    return undefined;
  }
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const keys = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : []);
