import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { loadReason } from '../../../config/load-reason.js';
import { moduleFix } from '../../../config/module-fix.js';
import { hasNativeTypeScript, isCompiled, needsLoader, nodeArgsHere } from '../../../config/user-module.js';
import { KfError } from '../../../contract/errors.js';
import { isRecord } from '../../../contract/record-guard.js';
import { importUser } from '../../../system/import-user.js';
import { readPlainFile } from '../../../system/plain-file.js';
import { parseYaml } from './yaml.js';

/** The endings by which pm2 knows a configuration, and TypeScript's. */
const ENDING = /(\.config\.[cm]?[jt]s|\.json5?|\.ya?ml)$/;

/** Whether `start` takes this for an ecosystem file of pm2 rather than for a script. */
export function isEcosystemFile(path: string | undefined): path is string {
  return path !== undefined && ENDING.test(path) && !/^(kf-cluster\.config\.|package\.json$)/.test(basename(path));
}

/**
 * The app objects of an ecosystem file: those under `apps` (or `pm2`), an array, or the one object that the file is. A
 * function is called for them.
 * @throws KfError CONFIG_NOT_FOUND, CONFIG_UNREADABLE with the file's own error, CONFIG_INVALID when it holds no apps.
 */
export async function readApps(file: string): Promise<readonly Record<string, unknown>[]> {
  if (!existsSync(file)) {
    const fix = 'Check the path: it is relative to the directory that the command runs in.';
    throw new KfError('CONFIG_NOT_FOUND', `no ecosystem file at ${file}`, 'the path does not exist', { fix });
  }
  const content = await load(file);
  const apps = appsOf(content);
  const objects = apps.filter(isRecord);
  if (apps.length > 0 && objects.length === apps.length) return objects;
  const what = apps.length === 0 ? 'holds no apps' : 'holds an app that is no object';
  const served = isRecord(content) && 'static' in content ? ` "static": ${SERVER}.` : '';
  const why = 'expected { apps: [{ script: "app.js" }] }';
  throw new KfError('CONFIG_INVALID', `${file} ${what}`, why, { fix: `${FIX}${served}` });
}

/** In a script and in a file. */
export const SERVER =
  'pm2\'s file server is none of ours; expected a program that serves files, such as script: "npx", args: "-y serve -s DIR -l PORT"';

/** Where the errors of an ecosystem file send the reader. */
export const FIX = 'Correct the file; docs/PM2.md has every field.';

function appsOf(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content;
  if (!isRecord(content)) return [];
  const apps = content.apps ?? content.pm2 ?? (holdsNoApp(content) ? [] : content);
  if (Array.isArray(apps)) return apps;
  return Object.keys(apps).length === 0 ? [] : [apps];
}

/** `pm2 deploy` and pm2's file server need no apps in their file. */
function holdsNoApp(content: Readonly<Record<string, unknown>>): boolean {
  return (isRecord(content.deploy) || 'static' in content) && Object.keys(content).length === 1;
}

async function load(file: string): Promise<unknown> {
  try {
    if (/\.json5?$/.test(file)) return parseJson(readPlainFile(file), file);
    if (/\.ya?ml$/.test(file)) return await parseYaml(readPlainFile(file));
    if (!statSync(file).isFile()) readPlainFile(file); // which says what it is instead
    return await importAnew(file);
  } catch (error) {
    const fix = needsLoader(file, { native: hasNativeTypeScript(), nodeArgs: nodeArgsHere() })
      ? LOADER
      : moduleFix(error, file);
    throw new KfError('CONFIG_UNREADABLE', `the ecosystem file ${file} failed to load`, await loadReason(error, file), {
      cause: error,
      ...(fix && { fix }),
    });
  }
}

const LOADER =
  'Use a Node that reads TypeScript (22.18), set NODE_OPTIONS="--import tsx" (npm i -D tsx), or write it in JavaScript.';

/** pm2 evaluates it as an expression, so that comments and trailing commas are allowed. */
function parseJson(text: string, filename: string): unknown {
  return text.trim() === '' ? undefined : runInThisContext(`(${text}\n)`, { filename });
}

let loads = 0;

/** Past both caches of Node: a reload reads what stands in the file now. */
async function importAnew(file: string): Promise<unknown> {
  delete createRequire(import.meta.filename).cache[file];
  loads += 1;
  const { default: standard, ...named } = await importUser(`${pathToFileURL(file).href}?load=${loads}`);
  const content = (isCompiled(standard) ? standard.default : standard) ?? named;
  const unfolded: unknown = typeof content === 'function' ? await content() : content;
  return typeof unfolded === 'object' && unfolded !== null && 'apps' in named
    ? { ...unfolded, apps: named.apps }
    : unfolded;
}
