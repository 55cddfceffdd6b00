import module from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

/** `module.enableCompileCache`, Node 22.1 and newer. */
type WithCache = {
  enableCompileCache?: (directory?: string) => unknown;
  getCompileCacheDir?: () => string | undefined;
};

/**
 * Lets Node keep compiled code between the boots of workers. In a private directory: the default one lies in the
 * shared temporary directory. A no-op where Node lacks it, and where the user has set up a cache of their own.
 */
export function enableCompileCache(): void {
  const { enableCompileCache: enable, getCompileCacheDir } = module as WithCache;
  if (!enable || process.env.NODE_DISABLE_COMPILE_CACHE || getCompileCacheDir?.()) return;
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  enable(path.join(base, 'kf-cluster', 'compile'));
}
