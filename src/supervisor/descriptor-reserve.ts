import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** What a fork takes at most while it is under way: both ends of four pipes, `/dev/null`, and what libuv opens itself. */
const SIZE = 12;

/** Descriptors that are kept open so that there are some left when this process may have no more. */
export interface Reserve {
  /** Gives them back for the time of one call, and keeps as many again if there are enough afterwards. */
  lend<T>(act: () => T): T;
}

export function keepReserve(): Reserve {
  let held = refill();
  return {
    lend: (act) => {
      release(held);
      try {
        return act();
      } finally {
        held = refill();
      }
    },
  };
}

/** Only where as many again stay free: what is short already is needed for the work. */
function refill(): number[] {
  const opened: number[] = [];
  try {
    while (opened.length < 2 * SIZE) opened.push(openSync(devNull, 'r'));
  } catch {
    release(opened); // whyever it was refused: there are none to spare, and the next fork asks again
    return [];
  }
  release(opened.splice(SIZE));
  return opened;
}

function release(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
