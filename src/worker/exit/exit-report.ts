import type { ConnectionReport } from '../../contract/connection-report.js';
import type { Channel } from '../boot/channel.js';
import type { WorkerContext } from '../boot/worker-context.js';
import type { Servers } from '../servers/track-servers.js';

/** The last message of a worker, sent once: after the flush, or at an exit that leaves no time for one. */
export interface ExitReport {
  say(ms: number): void;
  /** Known once it has drained. */
  connections?: ConnectionReport;
}

/** @param before what others have to report ahead of it */
export function createExitReport(
  channel: Pick<Channel, 'send'>,
  { account, gaveUp, knownAs }: Pick<WorkerContext, 'account' | 'gaveUp' | 'knownAs'>,
  servers: Pick<Servers, 'requests'>,
  before: () => void,
): ExitReport {
  let said = false;
  const exitReport: ExitReport = {
    say: (ms) => {
      if (said) return;
      said = true;
      before();
      const spans = account();
      const { connections } = exitReport;
      const instanceId = knownAs();
      const rest = {
        ...(instanceId && { instanceId }),
        ...(spans && { spans }),
        ...(gaveUp() && { gaveUp: true as const }),
        ...(connections && { connections }),
      };
      channel.send({ type: 'flushed', ms, requests: servers.requests(), ...rest });
    },
  };
  return exitReport;
}
