import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A file of the app's own. */
export interface Source {
  readonly file: string;
  /** Without comments. */
  readonly text: string;
  /** What it imports or requires, as written. */
  readonly imports: readonly string[];
}

/** More than a hand-written app has; what is beyond is not looked at. */
const MOST_FILES = 400;
/** A bundle is larger than any file that is written by hand, and read whole all the same. */
const LARGEST = 8 * 1024 * 1024;
const ENDINGS = ['', '.js', '.cjs', '.mjs', '.ts', '.mts', '.cts', '/index.js', '/index.ts', '/index.mjs'];
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;

/** The script and every file that it reaches by relative paths. */
export function readSources(script: string | undefined): Source[] {
  const found = new Map<string, Source>();
  const open = script === undefined ? [] : [script];
  for (let file = open.pop(); file !== undefined && found.size < MOST_FILES; file = open.pop()) {
    if (found.has(file)) continue;
    const source = readSource(file);
    if (!source) continue;
    found.set(file, source);
    for (const one of source.imports) {
      const inner = one.startsWith('.') ? fileOf(resolve(dirname(file), one)) : undefined;
      if (inner !== undefined) open.push(inner);
    }
  }
  return [...found.values()];
}

/** What the sources import of a package, or of a path in it. */
export function importersOf(sources: readonly Source[], name: string): Source[] {
  return sources.filter(({ imports }) => imports.some((one) => packageOf(one) === name));
}

/** `pg` of `pg/lib/client`, `@scope/name` of `@scope/name/file`; undefined for a path. */
export function packageOf(specifier: string): string | undefined {
  if (/^[./]|^(node|file|data):/.test(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The file that a relative import names, with the endings that loaders try. */
export function fileOf(path: string): string | undefined {
  const candidates = [...ENDINGS.map((ending) => path + ending), path.replace(/\.([cm]?)js$/, '.$1ts')];
  return candidates.find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
}

function readSource(file: string): Source | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > LARGEST || /\.(json|node|wasm)$/.test(file)) return undefined;
  const text = withoutComments(readFileSync(file, 'utf8'));
  return { file, text, imports: [...text.matchAll(SPECIFIER)].flatMap(([, , name]) => name ?? []) };
}

/** A `//` inside a text, as in a URL, stays. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}])\/\/[^\n]*/g, '$1');
}

/** Of a directory, for messages. */
export function inDir(dir: string, file: string): string {
  return file.startsWith(join(dir, '/')) ? file.slice(dir.length + 1) : file;
}
