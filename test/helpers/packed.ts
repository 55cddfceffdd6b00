import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run-node.js';

/**
 * The command line of the package as users install it: packed, and installed into an empty folder outside of this
 * repository, so that none of our devDependencies is in reach. Kept by its content, for all tests to share.
 *
 * @param dependencies what the project has before it is installed
 */
export function packedBin(dependencies: Readonly<Record<string, string>> = {}): string {
  const work = mkdtempSync(join(tmpdir(), 'kf-pack-'));
  try {
    const packed = npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', work, root], work).trim();
    const tarball = join(work, packed);
    const project = JSON.stringify({ private: true, dependencies });
    const key = createHash('sha256').update(readFileSync(tarball)).update(project).digest('hex').slice(0, 16);
    const kept = join(tmpdir(), `kf-cluster-packed-${process.getuid?.() ?? 0}`, key);
    if (!existsSync(kept)) install(tarball, work, kept, project);
    return join(kept, 'node_modules/kf-cluster/dist/bundle/bin.cjs');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function install(tarball: string, work: string, kept: string, project: string): void {
  const folder = join(work, 'app');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), project);
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball], folder);
  mkdirSync(join(kept, '..'), { recursive: true });
  try {
    renameSync(folder, kept); // what is there is whole
  } catch (error) {
    if (!existsSync(kept)) throw error; // another test was faster
  }
}

function npm(args: readonly string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
