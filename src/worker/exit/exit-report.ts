import type { ConnectionReport } from '../../contract/connection-report.js';
import type { Channel } from '../boot/channel.js';
import type { WorkerContext } from '../boot/worker-context.js';
import type { Servers } from '../servers/track-servers.js';

/** Last words, said once: after the flush, or at an exit that leaves no time for one. */
export interface Farewell {
  say(ms: number): void;
  /** Known once it has drained. */
  connections?: ConnectionReport;
}

export function createFarewell(
  channel: Pick<Channel, 'send'>,
  { worker, account, gaveUp }: Pick<WorkerContext, 'worker' | 'account' | 'gaveUp'>,
  servers: Pick<Servers, 'requests'>,
): Farewell {
  let said = false;
  const farewell: Farewell = {
    say: (ms) => {
      if (said) return;
      said = true;
      const spans = account();
      const { connections } = farewell;
      const { instanceId } = worker;
      const rest = {
        ...(spans && { spans }),
        ...(gaveUp() && { gaveUp: true as const }),
        ...(connections && { connections }),
      };
      channel.send({ type: 'flushed', ms, requests: servers.requests(), instanceId, ...rest });
    },
  };
  return farewell;
}
