/**
 * How long a worker serves on that its primary cannot reach, in milliseconds: time to replace many, one at a time.
 * After that it takes its primary for gone.
 */
const LONGEST = 600_000;
/**
 * When it looks whether the primary lives, in milliseconds after the last look, doubling each time. A process that ends
 * closes its channels some microseconds before its children get another parent.
 */
const FIRST_LOOK = 2;
const SLOWEST_LOOK = 500;

/** The channel has closed: calls back, once, when that is because the primary has ended, or when it has been too long. */
export function whenPrimaryIsGone(primaryPid: number, gone: () => void): void {
  const until = performance.now() + LONGEST;
  const look = (next: number) => {
    if (process.ppid !== primaryPid || performance.now() > until) gone();
    else setTimeout(look, next, Math.min(SLOWEST_LOOK, next * 2)).unref();
  };
  look(FIRST_LOOK);
}
