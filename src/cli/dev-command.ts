import { loadConfig } from '../config/load-options.js';
import { stderrLog } from '../contract/log.js';
import { endProcess } from '../run/end-process.js';
import { wantsColor } from './color.js';
import type { Invocation } from './invocation.js';

/** `kf-cluster dev`: as start, with the embedded receiver; its live page goes to stdout. */
export async function runDev(invocation: Invocation): Promise<number> {
  const { config, loaded } = await loadConfig(invocation);
  const log = stderrLog(config);
  for (const warning of loaded.warnings) log.warn(warning);
  const { dev } = await import('../dev/dev.js');
  const { devOutput } = await import('../dev/terminal-out.js');
  return endProcess(await dev(config, log, { stdout: devOutput(), color: wantsColor(process.stdout, process.env) }));
}
