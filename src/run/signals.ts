import type { Log } from '../contract/log.js';
import { entriesOf } from '../contract/table-keys.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { watchTerminal } from './terminal.js';

/** What the signals do that is not the supervisor's. */
interface SignalActions {
  /** Reads the configuration again and reloads. */
  reload(): void;
  /** Opens the log file anew. */
  reopen(): void;
}

/**
 * The primary's signals. SIGUSR1 is never trapped: it starts Node's inspector.
 *
 * @returns takes the handlers away
 */
export function trapSignals(supervisor: Supervisor, log: Log, actions: SignalActions): () => void {
  const judgeHangup = watchTerminal();
  const onHangup = () => {
    const hangup = judgeHangup();
    if (hangup === 'sent') return actions.reload();
    log.info(hangup === 'closed' ? 'the terminal has closed' : 'the terminal has closed; this goes on without it');
    if (hangup === 'closed') supervisor.stop({ signal: 'SIGHUP' });
  };
  const handlers = {
    SIGTERM: () => supervisor.stop({ signal: 'SIGTERM', delay: true }),
    SIGINT: () => supervisor.stop({ signal: 'SIGINT' }),
    SIGQUIT: () => supervisor.stop({ signal: 'SIGQUIT', quick: true }),
    SIGHUP: onHangup,
    SIGTTIN: () => void supervisor.scaleBy(1),
    SIGTTOU: () => void supervisor.scaleBy(-1),
    SIGUSR2: actions.reopen,
  } satisfies Partial<Record<NodeJS.Signals, () => void>>;
  const entries = entriesOf(handlers);
  for (const [signal, handler] of entries) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of entries) process.off(signal, handler);
  };
}
