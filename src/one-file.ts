import { type LoadInput, loadConfig } from './config/load.js';
import { toKfError } from './errors.js';
import { stderrLog } from './log.js';
import { run } from './primary/run.js';

/** The primary's side of `await cluster.setup({...})` at the top of an app: supervises, then ends the process. */
export async function main(input: LoadInput): Promise<never> {
  let code: number;
  try {
    const { config, loaded } = await loadConfig(input);
    const log = stderrLog(config);
    for (const warning of loaded.warnings) log.warn(warning);
    code = await run(config, log, { reread: async () => (await loadConfig(input)).config });
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(known.render());
    code = known.exitCode;
  }
  process.exitCode = code;
  // The file behind the call is the app: it must not run here. Exiting when stderr has been written.
  return new Promise(() => void process.stderr.write('', () => process.exit(code)));
}
