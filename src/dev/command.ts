import type { Config } from '../config/types.js';
import type { Log } from '../log.js';
import { run } from '../primary/run.js';

/** Runs the supervisor beside the embedded receiver. Resolves to the process exit code. */
export async function dev(
  config: Config,
  log: Log,
  _io: { stdout: NodeJS.WritableStream; color: boolean },
): Promise<number> {
  return run(config, log);
}
