import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';

/** Counts what workers send in our envelope that is no message of ours, and logs the first one of each slot. */
interface ForeignMessages {
  drop(slot: number, what: string): void;
  dropped(): number;
}

export function createForeignMessages(log: Log): ForeignMessages {
  const warned = new Set<number>();
  let dropped = 0;
  return {
    drop: (slot, what) => {
      dropped += 1;
      if (warned.has(slot)) return;
      warned.add(slot);
      warn(log, slot, what);
    },
    dropped: () => dropped,
  };
}

function warn(log: Log, slot: number, what: string): void {
  eventLog(log, 'unknown-message', { slot }).warn(
    `worker ${slot} sent a message that is none of ours: dropped, and further ones are only counted`,
    { type: what, fix: 'messages with cmd: NODE_KF_CLUSTER are those of kf-cluster: the app must not send any' },
  );
}
