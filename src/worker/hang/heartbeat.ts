/**
 * The memory that the main thread and its watchdog thread share: when the main loop last turned, and whether a debugger
 * has its hands on it.
 */
export type Heartbeat = BigInt64Array<SharedArrayBuffer>;

const BEAT = 0;
const DEBUGGED = 1;

export function createHeartbeat(): Heartbeat {
  const heartbeat = new BigInt64Array(new SharedArrayBuffer(16));
  beat(heartbeat, false);
  return heartbeat;
}

/** The main thread's sign of life. */
export function beat(heartbeat: Heartbeat, debugged: boolean): void {
  Atomics.store(heartbeat, DEBUGGED, debugged ? 1n : 0n);
  Atomics.store(heartbeat, BEAT, process.hrtime.bigint());
}

/** When the main thread gave its last sign of life, on the clock of `clock()`. */
export function lastBeat(heartbeat: Heartbeat): number {
  return Number(Atomics.load(heartbeat, BEAT)) / 1e6;
}

/** Whether a debugger could stop the main thread, as of its last sign of life. */
export function isDebugged(heartbeat: Heartbeat): boolean {
  return Atomics.load(heartbeat, DEBUGGED) === 1n;
}

/** Milliseconds on the one monotonic clock that all threads share: `performance.now()` starts at 0 in each. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
