import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { KfError } from '../contract/errors.js';
import { readHeadersFile } from '../otel-env/headers-file.js';
import { readPlainFile } from '../system/plain-file.js';
import type { ProjectFs } from './project.js';
import type { ScriptFs } from './script.js';

/** The file system as the configuration sees it. */
export const nodeFs: ScriptFs & ProjectFs & { writable(path: string): boolean } = {
  kind(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return undefined;
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'directory' : 'other';
  },
  readable(path) {
    return attempt(() => accessSync(path, constants.R_OK)) === undefined;
  },
  writable(path) {
    return attempt(() => accessSync(path, constants.W_OK)) === undefined;
  },
  readText(path) {
    const text = attempt(() => readPlainFile(path));
    return text instanceof Error ? undefined : text;
  },
  realPath(path) {
    const real = attempt(() => realpathSync(path));
    return real instanceof Error ? path : real;
  },
};

/** @throws KfError ENV_FILE when it cannot be read. */
export function readEnvFile(path: string): Record<string, string> {
  const text = attempt(() => readPlainFile(path));
  if (text instanceof Error) throw new KfError('ENV_FILE', `cannot read the env file ${path}`, text.message);
  return Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value = '']) => [name, value]));
}

/**
 * Proves in the primary that the workers will be able to use the file, and forgets what stands in it.
 * Returns a warning when others on this machine can read it.
 * @throws KfError HEADERS_FILE.
 */
export function checkHeadersFile(path: string): string | undefined {
  // A file that this user cannot change (a mounted Secret has mode 0644 and is read-only) is not this user's to mend.
  return readHeadersFile(path).open && nodeFs.writable(path)
    ? `the headers file ${path} is readable by every user: chmod o-r ${path}`
    : undefined;
}

/** A system error as a value: the caller says what it means. */
function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error;
    throw error;
  }
}
