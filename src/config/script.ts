import { join, relative, resolve } from 'node:path';
import { KfError } from '../contract/errors.js';
import { messageOf } from '../contract/system-error.js';
import { notOfNode } from './other-program.js';
import { isOtherLanguage, needsLoader, type TypeScriptFacts } from './user-module.js';

/** What the checks ask of the file system. */
export interface ScriptFs {
  /** Follows symlinks. */
  kind(path: string): 'file' | 'directory' | 'other' | undefined;
  readable(path: string): boolean;
  readText(path: string): string | undefined;
}

/**
 * The absolute path of the app's file. A symlink stays as it is written: a deploy that turns it to a new release is
 * seen by the next reload, which comes here again.
 * @throws KfError SCRIPT_* saying what is wrong with the path.
 */
export function locateScript(script: string | undefined, base: string, fs: ScriptFs): string {
  if (!script) throw new KfError('SCRIPT_MISSING', 'no script given', 'the app to run is the first argument');
  const path = resolve(base, script);
  const file = candidate(path, fs);
  if (file === undefined && fs.kind(base) === undefined) {
    throw new KfError('SCRIPT_NOT_FOUND', `no script at ${path}`, `the working directory ${base} is gone`, {
      fix: 'Start the supervisor from a directory that stays, such as the symlink to the current release, or give --cwd.',
    });
  }
  if (file === undefined) {
    throw notFound(script, path);
  }
  if (!fs.readable(file)) {
    throw new KfError('SCRIPT_NOT_READABLE', `cannot read ${file}`, 'this user has no permission', {
      fix: `Give this user read permission: chmod u+r ${file}`,
    });
  }
  return file;
}

/** What pm2 and Gunicorn take in this place is said: the name of an app that was stopped, and `module:app`. */
function notFound(script: string, path: string): KfError {
  const what = `no script at ${path}`;
  const [, module] = /^([\w.-]+):[a-z_][\w()]*$/i.exec(script) ?? [];
  if (module !== undefined) {
    const why = 'MODULE:APP is for Gunicorn; here the app is a file, which listens by itself';
    return new KfError('SCRIPT_NOT_FOUND', what, why, { fix: `kf-cluster start ${module}.js` });
  }
  const isName = /^[\w-]+$/.test(script);
  const more = isName ? '; what was stopped is started by its script or its ecosystem file, not by its name' : '';
  return new KfError('SCRIPT_NOT_FOUND', what, `the path does not exist${more}`);
}

/** Whether there is anything of that name that could be meant as a file, right or wrong. */
export function isFileName(script: string, base: string, fs: ScriptFs): boolean {
  const path = resolve(base, script);
  const kind = fs.kind(path);
  if (kind === 'directory') return fs.readText(join(path, 'package.json')) !== undefined;
  return kind !== undefined || EXTENSIONS.some((extension) => fs.kind(path + extension) === 'file');
}

/** As a file in the directory of whoever starts it would name it. */
function asWritten(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}

/** @throws KfError SCRIPT_NEEDS_LOADER when Node in a worker could not run the file as it is. */
export function checkLoader(file: string, facts: TypeScriptFacts): void {
  if (!needsLoader(file, facts)) return;
  if (isOtherLanguage(file)) throw notOfNode(asWritten(file));
  throw new KfError(
    'SCRIPT_NEEDS_LOADER',
    `this Node cannot run ${file} by itself`,
    `Node ${process.versions.node} needs a loader for this kind of file, and --node-args names none`,
  );
}

const EXTENSIONS = ['.js', '.cjs', '.mjs'];

function candidate(path: string, fs: ScriptFs): string | undefined {
  const kind = fs.kind(path);
  if (kind === 'directory') return mainOf(path, fs);
  if (kind === 'other') {
    throw new KfError('SCRIPT_NOT_READABLE', `${path} is not a file`, 'it is a device, a socket or a pipe');
  }
  return kind ? path : EXTENSIONS.map((extension) => path + extension).find((file) => fs.kind(file) === 'file');
}

/** What package.json of a directory names as main, with the endings that Node tries. */
function mainOf(dir: string, fs: ScriptFs): string {
  const main = readMain(join(dir, 'package.json'), fs);
  if (main === undefined) {
    throw new KfError('SCRIPT_IS_DIRECTORY', `${dir} is a directory`, 'it has no package.json with "main"');
  }
  const path = join(dir, main);
  const found = [path, ...EXTENSIONS.map((extension) => path + extension), join(path, 'index.js')].find(
    (file) => fs.kind(file) === 'file',
  );
  if (found !== undefined) return found;
  throw new KfError('SCRIPT_NOT_FOUND', `no script at ${path}`, `"main" of ${join(dir, 'package.json')} names it`);
}

function readMain(file: string, fs: ScriptFs): string | undefined {
  const text = fs.readText(file);
  if (text === undefined) return undefined;
  let main: unknown;
  try {
    main = JSON.parse(text)?.main;
  } catch (error) {
    throw new KfError('SCRIPT_NOT_READABLE', `cannot read ${file}`, messageOf(error), {
      fix: 'Mend the JSON, or name the file of the app.',
    });
  }
  return typeof main === 'string' && main !== '' ? main : undefined;
}
