import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { inRepo } from './example.js';

const asked = new Map<string, Promise<string>>();

/**
 * A copy of a folder of this repository that has a lockfile of its own, with its packages installed: once for each state
 * of its files, kept in .cache. What few tests need, or what asks for a newer Node than ours, is no part of `npm ci`.
 */
export function withOwnPackages(folder: string): Promise<string> {
  const known = asked.get(folder) ?? install(inRepo(folder));
  asked.set(folder, known);
  return known;
}

/** Several test files may be at it at once, each in a process of its own. */
async function install(from: string): Promise<string> {
  const names = readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(name).update(readFileSync(join(from, name)));
  const dir = inRepo(`.cache/${basename(from)}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(dir)) return dir;
  const fresh = `${dir}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  for (const name of names) cpSync(join(from, name), join(fresh, name));
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: fresh });
  try {
    renameSync(fresh, dir);
  } catch (error) {
    if (!existsSync(dir)) throw error;
    rmSync(fresh, { recursive: true }); // another one was faster
  }
  return dir;
}
