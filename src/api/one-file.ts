import type { LoadInput } from '../config/load-options.js';
import { createConfigReader } from '../config/reread.js';
import { toKfError } from '../contract/errors.js';
import { endProcess } from '../run/end-process.js';
import { openLogOutput } from '../run/log-output.js';
import { setAside } from '../run/provider-check.js';
import { run } from '../run/run.js';

/** The primary's side of `await cluster.setup({...})` at the top of an app: supervises, then ends the process. */
export async function main(input: LoadInput): Promise<never> {
  let code: number;
  try {
    const injected = await setAside({ inCode: true });
    const reader = createConfigReader(input);
    const { config, warnings } = await reader.read();
    const output = openLogOutput(config);
    for (const warning of warnings) output.log.warn(warning);
    injected?.settle(config, output.log);
    code = await run(config, { reader, output });
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(known.render());
    code = known.exitCode;
  }
  return endProcess(code); // the file behind the call is the app: it must not run here
}
