import { createConfigReader } from '../config/reread.js';
import { openOutlet } from '../primary/outlet.js';
import { run } from '../primary/run.js';
import type { Invocation } from './invocation.js';

/** `kf-cluster start`: runs until stopped; the supervisor's exit code. */
export async function start(invocation: Invocation): Promise<number> {
  const reader = createConfigReader(invocation);
  const { config, warnings } = await reader.read();
  if (config.daemon) {
    const { startDaemon } = await import('./daemon.js');
    return startDaemon(config);
  }
  const outlet = openOutlet(config);
  for (const warning of warnings) outlet.log.warn(warning);
  return run(config, outlet.log, { reader, outlet });
}
