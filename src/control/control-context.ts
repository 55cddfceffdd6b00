import type { Outlet } from '../run/log-output.js';
import type { Reloader } from '../run/reloader.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/** What the control socket and the health port may do with a supervisor. */
export interface Host {
  readonly supervisor: Supervisor;
  readonly reloader: Reloader;
  readonly outlet: Pick<Outlet, 'ring' | 'state' | 'reopen'>;
  /** When the supervisor started, on the clock of `performance.now()`. */
  readonly startedAt: number;
}
