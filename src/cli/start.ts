import { loadConfig } from '../config/load.js';
import { isEcosystemFile } from '../config/pm2/file.js';
import { stderrLog } from '../log.js';
import { run } from '../primary/run.js';
import { type EcosystemFlags, refuseEcosystemFlags } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';

/** `kf-cluster start`: runs until stopped; the supervisor's exit code. */
export async function start(invocation: Invocation, flags: EcosystemFlags): Promise<number> {
  if (isEcosystemFile(invocation.script)) return (await import('./ecosystem.js')).startEcosystem(invocation, flags);
  refuseEcosystemFlags(flags);
  const { config, loaded } = await loadConfig(invocation);
  const log = stderrLog(config);
  for (const warning of loaded.warnings) log.warn(warning);
  return run(config, log, { reread: async () => (await loadConfig(invocation)).config });
}
