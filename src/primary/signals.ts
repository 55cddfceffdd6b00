import type { Log } from '../log.js';
import type { Leave } from './leave.js';
import type { Supervisor } from './supervisor.js';

/**
 * The primary's signals. SIGUSR1 is never trapped: it starts Node's inspector.
 *
 * @param reload reads the configuration again and reloads
 * @returns takes the handlers away
 */
export function trapSignals(supervisor: Supervisor, leave: Leave, log: Log, reload: () => void): () => void {
  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGTERM: () => leave.stop({ signal: 'SIGTERM' }),
    SIGINT: () => leave.stopNow({ signal: 'SIGINT' }),
    SIGQUIT: () => leave.stopNow({ signal: 'SIGQUIT', quick: true }),
    SIGHUP: reload,
    SIGTTIN: () => void supervisor.scaleBy(1),
    SIGTTOU: () => void supervisor.scaleBy(-1),
    SIGUSR2: () => log.warn('SIGUSR2 has no meaning here; SIGHUP reloads'),
  };
  const entries = Object.entries(handlers) as [NodeJS.Signals, () => void][];
  for (const [signal, handler] of entries) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of entries) process.off(signal, handler);
  };
}
