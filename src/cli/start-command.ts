import { createConfigReader } from '../config/reread.js';
import { toKfError } from '../contract/errors.js';
import { isEcosystemFile } from '../platforms/pm2/ecosystem/ecosystem-file.js';
import { becomeUser } from '../run/become-user.js';
import { endProcess } from '../run/end-process.js';
import { openLogOutput } from '../run/log-output.js';
import { setAside } from '../run/provider-check.js';
import { run } from '../run/run.js';
import { notifyStarter } from '../run/starter.js';
import { type EcosystemFlags, refuseEcosystemFlags } from './ecosystem-flags.js';
import type { Invocation } from './invocation.js';

/** `kf-cluster start`: runs until stopped; the supervisor's exit code. */
export async function start(invocation: Invocation, flags: EcosystemFlags): Promise<number> {
  const injected = await setAside({ inCode: false });
  if (isEcosystemFile(invocation.script)) return (await import('#bundle/ecosystem')).startEcosystem(invocation, flags);
  refuseEcosystemFlags(flags);
  notifyStarter(''); // before anything is forked
  const reader = createConfigReader(invocation);
  let read = await reader.read();
  if (becomeUser(read.config)) read = await reader.read();
  const { config, warnings } = read;
  if (config.umask !== undefined) process.umask(config.umask);
  if (config.daemon) {
    injected?.giveBack(); // the supervisor finds it anew, and says so in its log
    const { startDaemon } = await import('#bundle/daemon');
    return startDaemon(config);
  }
  const output = openLogOutput(config);
  for (const warning of warnings) output.log.warn(warning);
  injected?.settle(config, output.log);
  try {
    const code = await run(config, { reader, output });
    if (code !== 0) notifyStarter(output.unwritten());
    return await endProcess(code);
  } catch (error) {
    notifyStarter(output.unwritten() + toKfError(error).render());
    throw error;
  }
}
