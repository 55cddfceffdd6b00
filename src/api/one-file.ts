import type { LoadInput } from '../config/load-options.js';
import { createConfigReader } from '../config/reread.js';
import { toKfError } from '../contract/errors.js';
import { endProcess } from '../run/end-process.js';
import { openOutlet } from '../run/log-output.js';
import { setAside } from '../run/provider-check.js';
import { run } from '../run/run.js';

/** The primary's side of `await cluster.setup({...})` at the top of an app: supervises, then ends the process. */
export async function main(input: LoadInput): Promise<never> {
  let code: number;
  try {
    const injected = await setAside({ inCode: true });
    const reader = createConfigReader(input);
    const { config, warnings } = await reader.read();
    const outlet = openOutlet(config);
    for (const warning of warnings) outlet.log.warn(warning);
    injected?.settle(config, outlet.log);
    code = await run(config, { reader, outlet });
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(known.render());
    code = known.exitCode;
  }
  return endProcess(code); // the file behind the call is the app: it must not run here
}
