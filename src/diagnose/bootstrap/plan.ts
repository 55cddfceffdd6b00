import { lockedBy, type PackageManager } from '../../config/package-manager.js';
import { copiesOf, resolvePackage } from '../app/graph.js';
import type { Facts } from '../facts.js';
import { type Advice, adviceFor } from './advice.js';

/** One library of the app, and what can be done for it. */
export interface Entry {
  readonly library: string;
  readonly version: string;
  /** `there`: its instrumentation is installed. */
  readonly advice: Advice | { readonly type: 'there'; readonly package: string };
}

export interface Plan {
  readonly entries: readonly Entry[];
  /** `name@version` to be installed, exact. */
  readonly packages: readonly string[];
  /** The command that installs them; undefined when there is nothing to install. */
  readonly command: readonly string[] | undefined;
}

/** Of our family; what instrumentations ask for as a peer. */
const API = '@opentelemetry/api';
const API_VERSION = '1.9.1';

/** Goes through the app's direct dependencies. */
export function planFor({ manifest, graph, dir }: Facts, dirs: readonly string[]): Plan {
  const versionOf = (name: string) => copiesOf(graph, name)[0]?.version;
  const entries = Object.keys(manifest.dependencies).flatMap((library): Entry[] => {
    const version = versionOf(library);
    const advice = version === undefined ? undefined : adviceFor(library, version, versionOf);
    if (version === undefined || advice === undefined) return [];
    const isThere = 'package' in advice && advice.package in manifest.dependencies;
    return [{ library, version, advice: isThere ? { type: 'there', package: advice.package } : advice }];
  });
  const wanted = entries.flatMap(({ advice }) =>
    advice.type === 'add' ? [`${advice.package}@${advice.version}`] : [],
  );
  const api = wanted.length > 0 && !resolvePackage(dir, API) ? [`${API}@${API_VERSION}`] : [];
  const packages = [...new Set([...api, ...wanted])];
  return {
    entries,
    packages,
    command: packages.length === 0 ? undefined : [...installer(lockedBy([dir, ...dirs]) ?? 'npm'), ...packages],
  };
}

/** Exact versions: a later one may be of another family. */
function installer(manager: PackageManager): readonly string[] {
  const commands = {
    npm: ['npm', 'install', '--save-exact'],
    pnpm: ['pnpm', 'add', '--save-exact'],
    yarn: ['yarn', 'add', '--exact'],
  } satisfies Record<PackageManager, readonly string[]>;
  return commands[manager];
}
