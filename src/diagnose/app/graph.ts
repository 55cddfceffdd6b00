import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { upwards } from '../../config/upwards.js';
import { readJson } from '../../telemetry/app-package.js';

/** One installed package. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Without symlinks. */
  readonly dir: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What an app can load: its dependencies, theirs, and so on, each copy once. */
export interface PackageGraph {
  readonly all: readonly Package[];
  /** Direct dependencies that are not installed. */
  readonly missing: readonly string[];
}

/**
 * Follows dependencies as Node finds them. Of kf-cluster itself nothing is followed: what it needs is bundled and joined to
 * the app's copies.
 */
export function packageGraph(dirs: readonly string[], names: readonly string[]): PackageGraph {
  const found = new Map<string, Package>();
  const missing: string[] = [];
  const [start = ''] = dirs;
  const open: [from: string, name: string, optional: boolean][] = names.map((name) => [start, name, false]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, name, optional] = next;
    const one = resolvePackage(from, name);
    if (!one) {
      if (!optional) missing.push(name);
    } else if (!found.has(one.dir)) {
      found.set(one.dir, one);
      if (name !== 'kf-cluster') for (const inner of needsOf(one.json)) open.push([one.dir, inner, true]);
    }
  }
  return { all: [...found.values()], missing };
}

/** The copy that code in `from` gets. */
export function resolvePackage(from: string, name: string): Package | undefined {
  for (const place of upwards(from)) {
    const dir = join(place, 'node_modules', name);
    const json = readJson(join(dir, 'package.json'));
    if (typeof json?.version === 'string') return { name, version: json.version, dir: realpathSync(dir), json };
  }
  return undefined;
}

/** The copies of a package, by version. */
export function copiesOf({ all }: PackageGraph, name: string): Package[] {
  return all.filter((one) => one.name === name).toSorted((a, b) => (a.version < b.version ? -1 : 1));
}

function needsOf(json: Readonly<Record<string, unknown>>): string[] {
  return ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((field) =>
    Object.keys(json[field] ?? {}),
  );
}
