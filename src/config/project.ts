import { basename, dirname, join, relative, sep } from 'node:path';
import { isRecord } from '../contract/record-guard.js';
import { upwards } from './upwards.js';

/** What the search asks of the file system. */
export interface ProjectFs {
  readText(path: string): string | undefined;
  /** The path without symlinks, or as it is when there is nothing. */
  realPath(path: string): string;
}

/** The project that an app belongs to, whoever wrote the file that is started. */
export interface Project {
  /** Absolute directory of its package.json; that of the script when there is none. As it is written, symlinks included. */
  readonly dir: string;
  /** The root of the workspace that it is a member of. */
  readonly workspace: string | undefined;
}

/** What the path of an installed package has in it. */
export const PACKAGES = `${sep}node_modules${sep}`;

/** Where bundlers and compilers write to, often with a package.json that is no project's. */
const BUILD_DIRS = new Set('dist build out output .output .next .nuxt .svelte-kit .vercel .build'.split(' '));

/**
 * Finds the project of a script. It is that of the nearest package.json above the script, unless the script is a package's
 * (`node_modules/next/dist/bin/next`) or a build's output (`.output/server/index.mjs`): then it is the one around the
 * working directory, or else the one that holds that package or output.
 *
 * @param base absolute, the working directory
 */
export function projectOf(script: string | undefined, base: string, fs: ProjectFs): Project {
  const dir = script === undefined ? nearestManifest(base, fs) : dirOf(script, base, fs);
  const found = dir ?? (script === undefined ? base : dirname(script));
  return { dir: found, workspace: dir === undefined ? undefined : workspaceOf(dir, fs) };
}

/** Its directories, nearest first. */
export function dirsOf({ dir, workspace }: Project): readonly string[] {
  return workspace === undefined ? [dir] : [dir, workspace];
}

/**
 * Where its config file is looked for, upwards: the script's directory if that belongs to it, else the working directory
 * if that does, else its own.
 */
export function searchFrom({ dir }: Project, script: string | undefined, base: string): string {
  const isInside = (place: string) => place === dir || place.startsWith(dir === sep ? sep : dir + sep);
  const own = script === undefined || script.includes(PACKAGES) ? undefined : dirname(script);
  return [own, base].find((place) => place !== undefined && isInside(place)) ?? dir;
}

/** A name in one of its package.json files: the member's, never the workspace's, which all members share. */
export function nameIn(dir: string, fs: ProjectFs): string | undefined {
  const name = manifest(dir, fs)?.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function dirOf(script: string, base: string, fs: ProjectFs): string | undefined {
  const around = nearestManifest(base, fs);
  const own = nearestManifest(dirname(script), fs);
  const packages = holderOfPackages(script) ?? holderOfPackages(fs.realPath(script));
  if (packages !== undefined) return around ?? nearestManifest(packages, fs) ?? own;
  if (own === undefined || own === around) return own;
  if (around !== undefined && isInBuild(around, own)) return around;
  const outside = aboveBuild(own);
  return (outside && nearestManifest(outside, fs)) ?? own;
}

/** `/shop` for `/shop/node_modules/next/dist/bin/next`. */
function holderOfPackages(path: string): string | undefined {
  const at = path.indexOf(PACKAGES);
  return at < 0 ? undefined : path.slice(0, at) || sep;
}

function isInBuild(around: string, own: string): boolean {
  const steps = relative(around, own).split(sep);
  return steps[0] !== '..' && steps.some((step) => BUILD_DIRS.has(step));
}

/** `/shop` for `/shop/.output/server`. */
function aboveBuild(dir: string): string | undefined {
  const build = upwards(dir).findLast((place) => BUILD_DIRS.has(basename(place)));
  return build === undefined ? undefined : dirname(build);
}

/** The nearest directory with a package.json; one that only says how Node is to read the files beside it does not count. */
function nearestManifest(from: string, fs: ProjectFs): string | undefined {
  let first: string | undefined;
  for (const place of upwards(from)) {
    if (fs.readText(join(place, 'package.json')) === undefined) continue;
    if (!isMarker(manifest(place, fs))) return place;
    first ??= place;
  }
  return first;
}

const MARKS = new Set(['type', 'sideEffects']);

function isMarker(json: Manifest | undefined): boolean {
  const keys = Object.keys(json ?? {});
  return keys.length > 0 && keys.every((key) => MARKS.has(key));
}

/** The nearest directory above whose package.json or pnpm-workspace.yaml names `dir` as a member. */
function workspaceOf(dir: string, fs: ProjectFs): string | undefined {
  return upwards(dirname(dir)).find((place) => {
    const patterns = [
      ...patternsIn(manifest(place, fs)),
      ...pnpmPatterns(fs.readText(join(place, 'pnpm-workspace.yaml'))),
    ];
    const path = relative(place, dir).split(sep).join('/');
    const matches = (not: boolean) => patterns.some((one) => one.startsWith('!') === not && regExpOf(one).test(path));
    return matches(false) && !matches(true);
  });
}

type Manifest = Readonly<Record<string, unknown>>;

/** A package.json that is not JSON is for npm to complain about. */
function manifest(dir: string, fs: ProjectFs): Manifest | undefined {
  const text = fs.readText(join(dir, 'package.json'));
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** npm and Yarn: an array, or an object that has it as `packages`. */
function patternsIn(json: Manifest | undefined): string[] {
  const said = json?.workspaces;
  const list = isRecord(said) ? said.packages : said;
  return Array.isArray(list) ? list.map(String) : [];
}

/** The list under `packages:`; all else in that file is for pnpm. */
function pnpmPatterns(yaml: string | undefined): string[] {
  const lines = (yaml ?? '').split('\n');
  const begin = lines.findIndex((line) => /^packages\s*:/.test(line));
  const rest = begin < 0 ? [] : lines.slice(begin + 1);
  const end = rest.findIndex((line) => /^\w/.test(line));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .flatMap((line) => /^\s*-\s*['"]?([^'"#]+?)['"]?\s*(#.*)?$/.exec(line)?.[1] ?? []);
}

function regExpOf(pattern: string): RegExp {
  const path = pattern.replace(/^!?(\.\/)?/, '').replace(/\/$/, '');
  const part = (text: string) => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
  const source = path.split(/(\*\*|\*)/).map((one) => (one === '**' ? '.*' : one === '*' ? '[^/]*' : part(one)));
  return new RegExp(`^${source.join('')}$`);
}
