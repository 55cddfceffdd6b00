import module from 'node:module';
import { codeCacheDirectory, makeCodeCache } from '../../system/cache-dir.js';

/** `module.enableCompileCache`, Node 22.1 and newer. */
type WithCache = typeof module & {
  enableCompileCache?: (directory?: string) => unknown;
  getCompileCacheDir?: () => string | undefined;
};

/** Lets Node keep compiled code between the boots of workers. A no-op where Node lacks it. */
export function enableCompileCache(): void {
  const { enableCompileCache: enable, getCompileCacheDir }: WithCache = module;
  if (!enable || getCompileCacheDir?.()) return;
  const directory = codeCacheDirectory();
  if (directory !== undefined && makeCodeCache(directory)) enable(directory);
}
