import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { inRepo } from './example.js';
import { tree } from './tree.js';

const OURS = inRepo('test/apps-start');

/** A directory with these files, and with the packages of test/apps-start installed; gone when the test ends. */
export async function appWithPackages(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const packages = await installed();
  const dir = tree(t, { 'package.json': '{"name":"shop","version":"1.2.3"}', ...files });
  symlinkSync(join(packages, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

let asked: Promise<string> | undefined;

/** By the lockfile, once for each state of it, kept in .cache. */
function installed(): Promise<string> {
  asked ??= install();
  return asked;
}

/** Several test files may be at it at once, each in a process of its own. */
async function install(): Promise<string> {
  const stamp = createHash('sha256')
    .update(readFileSync(join(OURS, 'package-lock.json')))
    .digest('hex')
    .slice(0, 12);
  const dir = inRepo(`.cache/apps-start-${stamp}`);
  if (existsSync(dir)) return dir;
  const fresh = `${dir}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(OURS, name), join(fresh, name));
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: fresh });
  try {
    renameSync(fresh, dir);
  } catch (error) {
    if (!existsSync(dir)) throw error;
    rmSync(fresh, { recursive: true }); // another one was faster
  }
  return dir;
}
