import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { trap } from '../contract/primary-signals.js';
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
 * The primary's signals.
 *
 * @returns takes the handlers away
 */
export function trapSignals(supervisor: Supervisor, log: Log, actions: SignalActions): () => void {
  const judgeHangup = watchTerminal();
  const onHangup = () => {
    const hangup = judgeHangup();
    if (hangup === 'sent') return actions.reload();
    eventLog(log, 'terminal-closed', { stops: hangup === 'closed' }).info(
      hangup === 'closed' ? 'the terminal has closed' : 'the terminal has closed; this goes on without it',
    );
    if (hangup === 'closed') supervisor.stop({ signal: 'SIGHUP' });
  };
  return trap({
    SIGTERM: () => supervisor.stop({ signal: 'SIGTERM', delay: true }),
    SIGINT: () => supervisor.stop({ signal: 'SIGINT' }),
    SIGQUIT: () => supervisor.stop({ signal: 'SIGQUIT', quick: true }),
    SIGHUP: onHangup,
    SIGTTIN: () => void supervisor.scaleBy(1),
    SIGTTOU: () => void supervisor.scaleBy(-1),
    SIGUSR2: actions.reopen,
  });
}
