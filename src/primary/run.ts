import type { Config } from '../config/types.js';
import type { Log } from '../log.js';

/** Runs a supervisor in this process until it has stopped. Resolves to the process exit code. */
export async function run(config: Config, log: Log): Promise<number> {
  log.error('not built yet', { workers: config.workers });
  return 1;
}
