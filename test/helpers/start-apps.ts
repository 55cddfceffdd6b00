import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { withOwnPackages } from './own-packages.js';
import { tree } from './tree.js';

/** A directory with these files, and with the packages of test/apps-start installed; gone when the test ends. */
export async function appWithPackages(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const packages = await withOwnPackages('test/apps-start');
  const dir = tree(t, { 'package.json': '{"name":"shop","version":"1.2.3"}', ...files });
  symlinkSync(join(packages, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}
