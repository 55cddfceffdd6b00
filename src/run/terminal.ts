import { closeSync, constants, openSync } from 'node:fs';
import { isTerminal } from '../system/is-terminal.js';

/** What a SIGHUP says of the terminal that this process was started from. */
type Hangup =
  /** Somebody has sent it: the terminal is there, or there never was one. */
  | 'sent'
  /** The terminal has closed under a process that runs in it. */
  | 'closed'
  /** It has closed under a process that uses it for nothing, as with nohup. */
  | 'closed-unused';

/**
 * Remembers the terminal; what is returned judges a SIGHUP. The kernel takes a terminal that hangs up away from its whole
 * session before it signals, and then `/dev/tty` cannot be opened any more (ENXIO). Node resets the disposition that
 * nohup has set, but nohup leaves none of the three streams on the terminal either.
 */
export function watchTerminal(): () => Hangup {
  let here = hasTerminal();
  const streams = [0, 1, 2].filter(isTerminal);
  const used = streams.length > 0;
  process.once('exit', () => letGo(streams));
  return () => {
    const before = here;
    here = here && hasTerminal(); // sent once: what comes later is from kill(1)
    if (!before || here) return 'sent';
    return used ? 'closed' : 'closed-unused';
  };
}

/** Whether this process has a controlling terminal. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/**
 * Node sets each terminal that it was started with back to how it was, and aborts when that fails with EIO. What is
 * another file by then it leaves alone.
 */
function letGo(streams: readonly number[]): void {
  for (const fd of streams) {
    if (isTerminal(fd)) continue;
    closeSync(fd);
    openSync('/dev/null', constants.O_RDWR); // takes the lowest number, which is that one
  }
}
