import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRecord } from '../contract/record-guard.js';
import { importUser } from '../system/import-user.js';
import { readJson } from './app-package.js';

export type Api = typeof import('@opentelemetry/api');

/** One copy of @opentelemetry/api on disk. */
interface ApiCopy {
  readonly dir: string;
  readonly version: string;
}

const require = createRequire(import.meta.filename);
const NAME = join('node_modules', '@opentelemetry', 'api');

/** The copy that code in that directory gets, found as Node does it: upwards. Nothing of it is loaded. */
export function copySeenFrom(from: string): ApiCopy | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    const copy = readCopy(join(dir, NAME));
    if (copy) return copy;
    if (dir === dirname(dir)) return undefined;
  }
}

/** The copies in this process whose CommonJS build is loaded, nested ones included. */
export function loadedCopies(): { copy: ApiCopy; api: Api }[] {
  const found = new Map<string, { copy: ApiCopy; api: Api }>();
  for (const [file, module] of Object.entries(require.cache)) {
    const at = file.lastIndexOf(NAME + sep);
    if (at < 0 || !/[/\\]index\.c?js$/.test(file)) continue;
    const dir = file.slice(0, at + NAME.length);
    const copy = readCopy(dir);
    if (copy && isApi(module?.exports)) found.set(dir, { copy, api: module.exports });
  }
  return [...found.values()];
}

/** Only the entry file has them all; the index files of its folders have some. */
function isApi(exports: unknown): exports is Api {
  return isRecord(exports) && ['trace', 'context', 'propagation'].every((name) => Boolean(exports[name]));
}

/** The ES module build of a copy that has one of its own (1.10 and later); loads it. */
export async function importCopy(copy: ApiCopy): Promise<Api> {
  const entry = readdirSync(copy.dir).includes('dist') ? join('dist', 'index.mjs') : join('build', 'src', 'index.js');
  return importUser<Api>(pathToFileURL(join(copy.dir, entry)).href);
}

function readCopy(dir: string): ApiCopy | undefined {
  const version = readJson(`${dir}${sep}package.json`)?.version;
  return typeof version === 'string' ? { dir, version } : undefined;
}

/** Negative when `a` is the older version. Pre-release tags are ignored. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split(/[.-]/).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x?.[i] ?? 0) - (y?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
