/** The longest that a timer of Node can wait, in milliseconds: about 24 days. A longer one would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** A delay for a timer: sums of times that each fit may not. */
export function timerDelay(ms: number): number {
  return Math.min(ms, LONGEST_TIMER);
}
