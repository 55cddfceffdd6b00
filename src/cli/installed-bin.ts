import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockedBy } from '../config/package-manager.js';
import { upwards } from '../config/upwards.js';
import { installFirst } from './started-by.js';

/** Where `npx`, `pnpm dlx`, `yarn dlx` and `bunx` keep what they run: a cache that they clean, and that is one user's own. */
const CACHES = /\/(_npx|dlx|dlx-[^/]+|bunx-[^/]+)\//;

/** In a package that is installed; a link of node_modules/.bin is a shell script to some package managers. */
const BIN = 'node_modules/kf-cluster/dist/bundle/bin.cjs';

/** What a service is to run for years, and what is to be typed before that. */
interface InstalledBin {
  /** Absolute. */
  readonly bin: string;
  /** An install, with the `&&` behind it; empty where nothing is to be installed. */
  readonly first: string;
}

/** The kf-cluster that runs now; out of a cache of a package manager that of the project in `cwd`, which may be installed yet. */
export function installedBin(cwd: string, running = process.argv[1] ?? ''): InstalledBin {
  if (!CACHES.test(running)) return { bin: resolve(running), first: '' };
  const above = upwards(cwd);
  const project = above.find((dir) => existsSync(join(dir, 'package.json'))) ?? cwd;
  return { bin: join(project, BIN), first: installFirst(project, lockedBy(above)) };
}
