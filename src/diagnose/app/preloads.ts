import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileOf, packageOf, readSources, type Source } from './sources.js';

/** A module that Node or kf-cluster loads before the app. */
export interface Preload {
  /** Where it was said: NODE_OPTIONS, --node-args, a hooks file. */
  readonly from: string;
  readonly specifier: string;
  /** Undefined when nothing is there. */
  readonly file: string | undefined;
  /** The package, where it is one. */
  readonly package: string | undefined;
  readonly sources: readonly Source[];
}

/** The modules that Node's own flags load, in the words of NODE_OPTIONS or of --node-args. */
export function preloadsIn(from: string, args: readonly string[], cwd: string): Preload[] {
  return specifiersIn(args).map((specifier) => preloadOf(from, specifier, cwd));
}

export function preloadOf(from: string, specifier: string, cwd: string): Preload {
  const name = packageOf(specifier);
  const file = name === undefined ? pathOf(specifier, cwd) : resolveFrom(cwd, specifier);
  return { from, specifier, file, package: name, sources: name === undefined ? readSources(file) : [] };
}

function specifiersIn(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    const inline = /^(?:--require|--import|--loader|--experimental-loader|-r)=(.+)$/.exec(arg)?.[1];
    if (inline !== undefined) return [inline];
    const next = args[i + 1];
    return /^(--require|--import|--loader|--experimental-loader|-r)$/.test(arg) && next !== undefined ? [next] : [];
  });
}

function pathOf(specifier: string, cwd: string): string | undefined {
  if (specifier.startsWith('data:')) return specifier;
  return fileOf(specifier.startsWith('file:') ? new URL(specifier).pathname : resolve(cwd, specifier));
}

/** By its package.json alone: a path that only `import` may take is not resolved by `require`. */
function resolveFrom(cwd: string, specifier: string): string | undefined {
  const require = createRequire(join(cwd, 'package.json'));
  const name = packageOf(specifier);
  if (name === undefined) return undefined;
  const dir = require.resolve.paths(name)?.find((place) => fileOf(join(place, name, 'package.json')));
  return dir && join(dir, name, 'package.json');
}
