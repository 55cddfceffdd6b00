import { STOP_REASONS } from '../../contract/exit-reasons.js';
import type { Servers } from '../servers/track-servers.js';
import type { StopOrder } from './exit.js';

/** How short a quiet round of the event loop is, in milliseconds, and how many to wait for one. */
const QUIET_ROUND = 0.15;
const ROUNDS = 50;
/** How long to go on accepting when the queue does not run empty, in milliseconds: a busy server has one at any time. */
const LONGEST_ACCEPT = 2_000;
/** When it has not run empty by then, as a part of that time, nobody is let in any more. */
const NARROW_AFTER = 1 / 8;

/**
 * The kernel resets connections that nobody has accepted when the last listener closes. So those that are here come in
 * first (Node takes one in a round of its event loop), and the close follows a round that accepted none and was short: a
 * tenth of a millisecond, where serving requests would take many. It is called in that same round, and is one call of the
 * kernel: what else a drain begins with, code that runs for the first time, took half a millisecond in between.
 *
 * Where more come than are accepted the queue would never run empty, and all of it would be reset.
 */
export function stopListening(servers: Servers, { reason, drainMs }: StopOrder, cut: Promise<void>): Promise<void> {
  const listeners = servers.listening();
  const now = performance.now();
  const longest = Math.min(LONGEST_ACCEPT, drainMs / 2);
  // A busy reload need not wait for its queue.
  let last = STOP_REASONS[reason].succeeded ? 0 : now + longest;
  let narrowAt = STOP_REASONS[reason].ofAll ? now + longest * NARROW_AFTER : Number.POSITIVE_INFINITY;
  void cut.then(() => (last = 0));
  let begun = Number.NaN; // the poll that is under way is not a whole one
  let accepted = Number.NaN;
  let rounds = 0;
  return new Promise((resolve) => {
    const look = () => {
      const now = performance.now();
      rounds += 1;
      const quiet = servers.accepted() === accepted && (now - begun < QUIET_ROUND || rounds > ROUNDS);
      if (quiet || (now > last && rounds > ROUNDS)) {
        for (const { close } of listeners) close();
        return resolve();
      }
      if (now > narrowAt) {
        narrowAt = Number.POSITIVE_INFINITY;
        for (const { narrow } of listeners) narrow();
      }
      accepted = servers.accepted();
      begun = performance.now();
      setImmediate(look); // behind one whole poll
    };
    setImmediate(look);
  });
}
