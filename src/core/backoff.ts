/**
 * How long to wait before a slot's next fork: nothing the first time, then full jitter over a doubling cap.
 * Full jitter (a uniform draw from zero to the cap) spreads workers that failed together; see the AWS Architecture
 * Blog, "Exponential Backoff And Jitter".
 *
 * @param failures exits in a row before `minUptime`, this one included (1 or more)
 * @param roll uniform in [0, 1)
 * @returns milliseconds
 */
export function backoffDelay(backoff: { initial: number; max: number }, failures: number, roll: number): number {
  if (failures <= 1) return 0;
  const cap = Math.min(backoff.max, backoff.initial * 2 ** Math.min(failures - 2, 30));
  return Math.round(roll * cap);
}
