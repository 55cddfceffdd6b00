import type { Config } from '../config/types.js';
import type { NamedPrimaryHooks } from '../supervisor/primary-hooks.js';
import { keepLowDescriptors } from '../worker/node-internals/low-descriptors.js';

let hasLowDescriptors = false;

/**
 * The primary side of all hooks of a configuration.
 *
 * @param fresh whether files that changed since they were loaded here are loaded again
 * @throws KfError HOOKS_*
 */
export async function primaryHooks(config: Config, fresh = false): Promise<NamedPrimaryHooks[]> {
  const inline = { source: 'cluster.setup()', hooks: config.inlineHooks };
  if (config.hookFiles.length === 0) return [inline];
  // What a hook closes of them would become the control socket or the connection table, and the stdout of every worker.
  if (!hasLowDescriptors) keepLowDescriptors();
  hasLowDescriptors = true;
  const { loadHookFiles } = await import('../config/hook-files.js');
  const files = await loadHookFiles(config.hookFiles, fresh);
  return [...files.map(({ file, hooks }) => ({ source: file, hooks })), inline];
}
