import { createHistogram } from 'node:perf_hooks';

/** How often the loop is sampled, in milliseconds: ten short wake-ups a second in a worker, nothing per request. */
const RESOLUTION = 100;

/** How late the event loop was, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoopDelayMonitor {
  /** Since it was read last. */
  read(): LoopDelay;
  stop(): void;
}

/**
 * Not `monitorEventLoopDelay()`: its reset forgets the sample that is under way, so that whoever asks right after a long
 * block is not reported.
 */
export function monitorLoopDelay(): LoopDelayMonitor {
  const lateness = createHistogram(); // of whole microseconds, which must be at least one
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    lateness.record(Math.max(1, Math.round((now - last - RESOLUTION) * 1e3)));
    last = now;
  }, RESOLUTION).unref();
  const milliseconds = (microseconds: number) => (lateness.count === 0 ? 0 : microseconds / 1e3);
  return {
    read: () => {
      const delay = {
        p50: milliseconds(lateness.percentile(50)),
        p99: milliseconds(lateness.percentile(99)),
        max: milliseconds(lateness.max),
      };
      lateness.reset();
      return delay;
    },
    stop: () => clearInterval(timer),
  };
}
