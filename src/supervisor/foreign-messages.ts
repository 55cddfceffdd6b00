import type { Log } from '../contract/log.js';

/** Counts what workers send in our envelope that is no message of ours, and tells of the first one of each slot. */
export interface Gate {
  drop(slot: number, what: string): void;
  dropped(): number;
}

export function createGate(log: Log): Gate {
  const told = new Set<number>();
  let dropped = 0;
  return {
    drop: (slot, what) => {
      dropped += 1;
      if (told.has(slot)) return;
      told.add(slot);
      log.warn(`worker ${slot} sent a message that is none of ours: dropped, and further ones are only counted`, {
        type: what,
        fix: 'messages with cmd: NODE_KF_CLUSTER are those of kf-cluster: the app must not send any',
      });
    },
    dropped: () => dropped,
  };
}
